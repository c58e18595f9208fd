"""TAB in real shells, with the files where install.sh puts them.

Run by tests/shells/run, which sets OCELOT_BINARY to the program under test.
"""

import os
import pathlib
import resource
import shutil
import statistics
import subprocess
import tempfile
import unittest

from terminal import Terminal

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
BINARY = os.environ["OCELOT_BINARY"]
PROMPT = "$"
TAB = "\t"

GET = "streaming stream message get"


class Home:
    """A home folder with ocelot installed below .local, an engine with streams, and one without."""

    def __init__(self):
        self.path = pathlib.Path(tempfile.mkdtemp(prefix="ocelot-shells-"))
        self.data = self.path / "engine"
        self.work = self.path / "work"
        self.work.mkdir()
        (self.work / "messages.jsonl").write_text("one\n")
        local = self.path / ".local"
        self.environment = {
            "HOME": str(self.path),
            "PATH": f"{local}/bin:/usr/local/bin:/usr/bin:/bin",
            "OCELOT_HOME": str(self.data),
            "TERM": "xterm",
            "LANG": "C.UTF-8",
            "ZDOTDIR": str(self.path),
        }
        self.run([str(REPOSITORY / "install.sh"), "--from", BINARY, "--as-oci"])
        for name in ["orders", "payments", "my stream"]:
            create = "ocelot streaming admin stream create --partitions 1 --name"
            self.run([*create.split(), name])
        self.ids = self.run(
            "ocelot streaming admin stream list --query data[].id".split()
        )
        self._write_start_files(local)

    def run(self, command):
        command[0] = shutil.which(command[0], path=self.environment["PATH"])
        done = subprocess.run(
            command,
            env=self.environment,
            cwd=self.work,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
        )
        if done.returncode != 0:
            raise AssertionError(f"{command} failed:\n{done.stdout}{done.stderr}")
        return done.stdout

    def _write_start_files(self, local):
        (self.path / "bashrc").write_text(
            "PS1='$ '\n"
            "bind 'set show-all-if-ambiguous on' 'set enable-bracketed-paste off'\n"
            "for program in ocelot oci; do\n"
            f"    . '{local}/share/bash-completion/completions/'$program\n"
            "done\n"
        )
        # What /etc/bash.bashrc does: the package finds the files below ~/.local by itself.
        (self.path / "bashrc-package").write_text(
            "PS1='$ '\n"
            "bind 'set show-all-if-ambiguous on' 'set enable-bracketed-paste off'\n"
            ". /usr/share/bash-completion/bash_completion\n"
        )
        (self.path / ".zshrc").write_text(
            "PS1='$ '\n"
            f"fpath=('{local}/share/zsh/site-functions' $fpath)\n"
            "autoload -U compinit && compinit -u\n"
            "unsetopt list_ambiguous auto_menu prompt_sp\n"
        )
        fish = self.path / ".config" / "fish"
        fish.mkdir(parents=True)
        (fish / "config.fish").write_text(
            "set -g fish_greeting\n"
            "set -g fish_autosuggestion_enabled 0\n"
            "function fish_prompt; echo -n '$ '; end\n"
        )
        elvish = self.path / ".config" / "elvish"
        elvish.mkdir(parents=True)
        (elvish / "rc.elv").write_text(
            "use ocelot\nuse oci\nset edit:prompt = { put '$ ' }\nset edit:rprompt = { }\n"
        )


def setUpModule():
    global home
    home = Home()


def tearDownModule():
    shutil.rmtree(home.path)


class ShellTests:
    """What holds in every shell. A subclass says how the shell is started and spells things."""

    command = []
    # How a name with a space is put on the line.
    space = "my\\ stream"
    # What is typed to take what is offered.
    accept = ""
    # What the shell itself says when there is nothing to offer.
    complaint = ""

    @classmethod
    def setUpClass(cls):
        if shutil.which(cls.command[0]) is None:
            raise AssertionError(f"{cls.command[0]} is missing; tests/run installs it")

    def open(self, **environment):
        command = [word.replace("HOME", str(home.path)) for word in self.command]
        terminal = Terminal(command, home.environment | environment, str(home.work))
        self.addCleanup(terminal.close)
        terminal.wait_for(lambda text: text.strip() == PROMPT, "no prompt", seconds=60)
        return terminal

    def clear(self, terminal):
        terminal.clear(PROMPT)

    def joined(self, word):
        """How an option with its value behind = is put on the line."""
        return word

    def completes(self, terminal, typed, wanted):
        """TAB makes the line that was typed the line that is wanted."""
        terminal.type(typed)
        terminal.wait_for(lambda text: typed.split()[-1] in text, f"{typed!r} is not echoed")
        terminal.type(TAB)
        line = f"{PROMPT} {wanted}"
        terminal.wait_for(lambda text: line in text, f"{typed!r} does not become {wanted!r}")
        self.clear(terminal)

    def lists(self, terminal, typed, wanted, unwanted=()):
        """TAB lists what is wanted, and nothing that is unwanted."""
        terminal.type(typed)
        terminal.wait_for(lambda text: typed.split()[-1] in text, f"{typed!r} is not echoed")
        terminal.type(TAB)
        text = terminal.wait_for(
            lambda text: all(word in text for word in wanted), f"{typed!r} lists no {wanted}"
        )
        for word in unwanted:
            self.assertNotIn(word, text.replace(typed, ""), f"{typed!r} lists {word}")
        self.clear(terminal)

    def test_commands_at_each_level(self):
        for program in ["ocelot", "oci"]:
            terminal = self.open()
            self.lists(terminal, f"{program} ", ["streaming", "queue", "tour"], ["--help"])
            self.completes(terminal, f"{program} str", f"{program} streaming")
            words = f"{program} streaming admin"
            self.lists(terminal, f"{words} ", ["stream-pool", "connect-harness"], ["--profile"])
            self.lists(terminal, f"{words} stream ", ["create", "delete", "update"])
            self.completes(terminal, f"{words} stream cr", f"{words} stream create")

    def test_options_and_choices(self):
        for program in ["ocelot", "oci"]:
            terminal = self.open()
            create = f"{program} streaming admin stream create"
            self.completes(terminal, f"{create} --str", f"{create} --stream-pool-id")
            self.lists(terminal, f"{create} --", ["--name", "--partitions", "--wait-for-state"])
            self.completes(terminal, f"{create} --raw", f"{create} --raw-output")
            cursor = f"{program} streaming stream cursor create-cursor"
            self.completes(terminal, f"{cursor} --type TR", f"{cursor} --type TRIM_HORIZON")
            whole = self.joined("--type=TRIM_HORIZON")
            self.completes(terminal, f"{cursor} --type=TR", f"{cursor} {whole}")
            self.lists(terminal, f"{cursor} --type A", ["AFTER_OFFSET", "AT_TIME"])

    def test_names_and_ocids_of_the_engine(self):
        for program in ["ocelot", "oci"]:
            terminal = self.open()
            get = f"{program} {GET}"
            self.lists(terminal, f"{get} --stream-id ", ["orders", "payments"])
            self.completes(terminal, f"{get} --stream-id pay", f"{get} --stream-id payments")
            whole = self.joined("--stream-id=payments")
            self.completes(terminal, f"{get} --stream-id=pay", f"{get} {whole}")
            ids = [part for part in home.ids.split('"') if "ocid1." in part]
            self.assertEqual(len(ids), 3)
            begun = os.path.commonprefix(ids)
            self.completes(terminal, f"{get} --stream-id ocid1.", f"{get} --stream-id {begun}")
            # fish shows only the ends of long words that begin alike.
            ends = [id.split(".")[-1] for id in ids]
            self.lists(terminal, f"{get} --stream-id {begun}", ends)
            nowhere = f"{program} --target cloud {GET} --stream-id"
            self.offers_nothing(terminal, f"{nowhere} ")

    def test_a_name_with_a_space_is_one_word(self):
        terminal = self.open()
        terminal.type("ocelot streaming admin stream get --stream-id my")
        terminal.wait_for(lambda text: "--stream-id my" in text, "not echoed")
        terminal.type(TAB)
        terminal.wait_for(lambda text: self.space in text, "not completed")
        terminal.type(f"{self.accept} --query data.name\r")
        terminal.wait_for(lambda text: '\n"my stream"' in text, "not one word")

    def test_files(self):
        terminal = self.open()
        put = "ocelot streaming stream message put --file"
        self.completes(terminal, f"{put} mess", f"{put} messages.jsonl")

    def test_nothing_on_an_empty_engine(self):
        empty = home.path / "nothing-here"
        terminal = self.open(OCELOT_HOME=str(empty))
        self.offers_nothing(terminal, f"ocelot {GET} --stream-id ")
        self.assertFalse(empty.exists(), "TAB makes no data folder")

    def offers_nothing(self, terminal, typed):
        terminal.type(typed)
        terminal.wait_for(lambda text: typed.rstrip() in text, f"{typed!r} is not echoed")
        terminal.type(TAB)
        terminal.settle()
        terminal.type("END")
        text = terminal.wait_for(lambda text: "END" in text, "the line takes nothing more")
        self.assertEqual(text.strip().removeprefix(self.complaint), f"{PROMPT} {typed}END")
        self.clear(terminal)


class Bash(ShellTests, unittest.TestCase):
    command = ["bash", "--noprofile", "--rcfile", "HOME/bashrc", "-i"]

    def test_a_quoted_name(self):
        terminal = self.open()
        get = "ocelot streaming admin stream get --stream-id"
        self.completes(terminal, f"{get} 'my", f"{get} 'my stream'")
        self.completes(terminal, f"{get} my\\ str", f"{get} my\\ stream")


class BashCompletionPackage(ShellTests, unittest.TestCase):
    command = ["bash", "--noprofile", "--rcfile", "HOME/bashrc-package", "-i"]


class Zsh(ShellTests, unittest.TestCase):
    command = ["zsh", "-d", "-i"]


class Fish(ShellTests, unittest.TestCase):
    command = ["fish", "-i"]


class Elvish(ShellTests, unittest.TestCase):
    command = ["elvish"]
    space = "'my stream'"
    accept = "\r"
    complaint = "error: no candidates\n"

    def joined(self, word):
        return f"'{word}'"

    def clear(self, terminal):
        # Leave the list, give up the line; Ctrl-L is not for clearing here.
        terminal.clear(PROMPT, ["\x1b", "\x03", "clear\r"])


class AnswerCost(unittest.TestCase):
    """Time of the processor, not of the clock: other shells are busy beside it."""

    def test_an_answer_costs_20_ms_at_most(self):
        binary = str(home.path / ".local/bin/ocelot")
        command = [binary, "--", "ocelot", *GET.split(), "--stream-id", ""]
        environment = home.environment | {"OCELOT_COMPLETE": "fish"}
        costs = []
        for _ in range(30):
            before = seconds_of_children()
            done = subprocess.run(command, env=environment, capture_output=True, check=True)
            costs.append(seconds_of_children() - before)
            self.assertIn(b"orders", done.stdout)
        self.assertLess(statistics.median(costs), 0.020)


def seconds_of_children():
    """What the processes that have ended took of the processor."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime
