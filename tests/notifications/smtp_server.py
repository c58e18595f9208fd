"""An SMTP server for tests: prints its port, then each message as a line of JSON."""

import asyncio
import json
import sys

from aiosmtpd.smtp import SMTP


class Handler:
    async def handle_DATA(self, server, session, envelope):
        message = {
            "from": envelope.mail_from,
            "to": envelope.rcpt_tos,
            "data": envelope.content.decode("utf-8"),
        }
        if "refuse@example.com" in envelope.rcpt_tos:
            return "550 no such mailbox"
        if "hang@example.com" in envelope.rcpt_tos:
            await asyncio.Event().wait()
        if "slow@example.com" in envelope.rcpt_tos:
            await asyncio.sleep(0.5)
        print(json.dumps(message), flush=True)
        return "250 OK"


async def main():
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(Handler(), hostname="localhost"), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.read)


asyncio.run(main())
