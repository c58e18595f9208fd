"""Types into a shell of `ocelot run` at a terminal of its own: what it reads is there, Ctrl-C ends what it runs and
not the shell, a job is stopped and brought back. Kills the run then, and prints the processes of the shell and of a
job that it had in the background.

Usage: terminal.py OCELOT
"""

import os
import pty
import re
import select
import signal
import sys
import time

PATIENCE_S = 60


class Terminal:
    def __init__(self, *command):
        self.seen = b""
        self.process, self.file = pty.fork()
        if self.process == 0:
            os.execv(command[0], command)

    def type(self, text):
        os.write(self.file, text.encode())

    def expect(self, pattern):
        until = time.monotonic() + PATIENCE_S
        while not (found := re.search(pattern, self.seen)):
            ready, _, _ = select.select([self.file], [], [], max(0, until - time.monotonic()))
            assert ready, (pattern, self.seen)
            self.seen += os.read(self.file, 4096)
        self.seen = self.seen[found.end() :]
        return found


terminal = Terminal(sys.argv[1], "run", "--", "bash", "--norc", "--noprofile", "-i")
terminal.type("PS1=ready'> '; echo $((6 * 7))\n")
terminal.expect(rb"\n42\r")
terminal.type("read -p 'wo''rd? ' word; echo got-$word-\n")
terminal.expect(rb"word\? ")
terminal.type("typed\n")
terminal.expect(rb"got-typed-")
for end in ("\x03", "\x1a"):
    # A job that answers has begun, and has the terminal.
    terminal.type("sed -u s/one/two/\n")
    terminal.type("one\n")
    terminal.expect(rb"\ntwo")
    terminal.type(end)
    # What is typed before the prompt is there again goes with the job.
    terminal.expect(rb"ready> ")
    terminal.type("echo status-$?-\n")
    terminal.expect(rb"status-(130|148)-")
terminal.type("fg\n")
terminal.type("one\n")
terminal.expect(rb"\ntwo")
terminal.type("\x03")
terminal.expect(rb"ready> ")
terminal.type("sleep 302 & echo job-$!-of-$$-\n")
job, shell = terminal.expect(rb"job-(\d+)-of-(\d+)-").groups()
os.kill(terminal.process, signal.SIGKILL)
os.waitpid(terminal.process, 0)
print(job.decode(), shell.decode())
