"""Runs a line at a terminal: terminal.py PROGRAM LINE [QUESTION ANSWER]...

Waits for each question in turn and types its answer; an empty answer to what is no question types nothing.
Prints the exit status, and below it all that was to be seen.
"""

import os
import shlex
import sys

import pexpect

END_OF_INPUT = "\x04"


def main():
    program, line, *dialogue = sys.argv[1:]
    child = pexpect.spawn(
        program, shlex.split(line), env=dict(os.environ), encoding="utf-8", timeout=60, dimensions=(50, 400)
    )
    seen = []
    for question, answer in zip(dialogue[::2], dialogue[1::2]):
        child.expect_exact(question)
        seen.append(child.before + child.after)
        if answer == END_OF_INPUT:
            child.send(answer)
        elif answer or question.endswith(": "):
            child.sendline(answer)
    child.expect(pexpect.EOF)
    seen.append(child.before)
    child.close()
    print(child.exitstatus)
    print("".join(seen))


main()
