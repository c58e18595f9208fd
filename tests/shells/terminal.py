"""A shell in a terminal: what is typed goes in, and the screen says what a person would see."""

import time

import pexpect
import pyte

COLUMNS, ROWS = 180, 60


class Terminal:
    def __init__(self, command, environment, folder):
        self.screen = pyte.Screen(COLUMNS, ROWS)
        self.stream = pyte.ByteStream(self.screen)
        self.child = pexpect.spawn(
            command[0],
            command[1:],
            env=environment,
            cwd=folder,
            dimensions=(ROWS, COLUMNS),
            timeout=None,
        )

    def type(self, text):
        self.child.send(text)

    def text(self):
        return "\n".join(line.rstrip() for line in self.screen.display).rstrip()

    def wait_for(self, is_there, what, seconds=20):
        """Reads on until the screen satisfies is_there; fails with the screen if it does not in time."""
        deadline = time.monotonic() + seconds
        while not is_there(self.text()):
            if time.monotonic() > deadline:
                raise AssertionError(f"{what}; the screen:\n{self.text()}")
            self._read(0.05)
        return self.text()

    def settle(self, seconds=0.3):
        """Reads until nothing has come for a while, and returns the screen."""
        while self._read(seconds):
            pass
        return self.text()

    def clear(self, prompt, keys=("\x03", "\x0c")):
        """Gives up the line and clears the screen; again if the shell was too busy to notice."""
        for _ in range(10):
            for key in keys:
                self.type(key)
                self.settle(0.1)
            try:
                return self.wait_for(lambda text: text.strip() == prompt, "no prompt", seconds=2)
            except AssertionError as error:
                failure = error
        raise failure

    def close(self):
        self.child.close(force=True)

    def _read(self, seconds):
        try:
            data = self.child.read_nonblocking(65536, seconds)
        except pexpect.TIMEOUT:
            return False
        except pexpect.EOF:
            raise AssertionError(f"the shell ended; the screen:\n{self.text()}") from None
        self._answer_queries(data)
        self.stream.feed(data)
        return True

    def _answer_queries(self, data):
        # Shells ask a terminal where its cursor is, and what it is.
        for _ in range(data.count(b"\x1b[6n")):
            self.child.send(f"\x1b[{self.screen.cursor.y + 1};{self.screen.cursor.x + 1}R")
        for _ in range(data.count(b"\x1b[c") + data.count(b"\x1b[0c")):
            self.child.send("\x1b[?6c")
