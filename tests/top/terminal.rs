//! A terminal of 80 × 24 characters, which is tmux, with a shell in it.

use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use crate::sandbox::Sandbox;

/// How long something may take to be seen.
const PATIENCE: Duration = Duration::from_secs(30);

pub(crate) struct Terminal<'s> {
    sandbox: &'s Sandbox,
}

impl<'s> Terminal<'s> {
    /// A shell in the folder of a sandbox, where the program is called `ocelot`. `None` where there is no tmux.
    pub(crate) fn open(sandbox: &'s Sandbox) -> Option<Self> {
        if Command::new("tmux").arg("-V").output().is_err() {
            eprintln!("tmux is not installed: nothing is driven in it");
            return None;
        }
        let terminal = Self { sandbox };
        let program = env!("CARGO_BIN_EXE_ocelot");
        terminal.tmux(&[
            "new-session",
            "-d",
            "-x",
            "80",
            "-y",
            "24",
            "env PS1='> ' sh",
        ]);
        terminal.enter(&format!("ocelot() {{ {program} \"$@\"; }}"));
        terminal.clear();
        Some(terminal)
    }

    fn tmux(&self, args: &[&str]) -> String {
        let mut command = Command::new("tmux");
        command
            .args(["-u", "-f", "/dev/null", "-S"])
            .arg(self.sandbox.path().join("tmux"))
            .args(args)
            .env_clear()
            .envs(self.sandbox.environment())
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("LC_ALL", "C.UTF-8")
            .env("TERM", "xterm-256color")
            .current_dir(self.sandbox.path());
        let output = command.output().unwrap();
        assert!(output.status.success(), "{args:?}: {output:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// Leaves the word `before` and a prompt on the screen.
    pub(crate) fn clear(&self) {
        self.enter("clear; echo before");
        self.await_screen(|screen| screen.trim_end() == "before\n>");
    }

    /// Types a line, and Enter.
    pub(crate) fn enter(&self, line: &str) {
        self.tmux(&["send-keys", "-l", line]);
        self.press("Enter");
    }

    /// Presses a key, as tmux names it.
    pub(crate) fn press(&self, key: &str) {
        self.tmux(&["send-keys", key]);
    }

    pub(crate) fn resize(&self, columns: u16, lines: u16) {
        let (columns, lines) = (columns.to_string(), lines.to_string());
        self.tmux(&["resize-window", "-x", &columns, "-y", &lines]);
    }

    /// Hangs up on whatever runs, and begins anew with a shell.
    pub(crate) fn hang_up(&self) {
        self.tmux(&["respawn-pane", "-k", "env PS1='> ' sh"]);
    }

    /// What is on the screen.
    pub(crate) fn screen(&self) -> String {
        self.tmux(&["capture-pane", "-p"])
    }

    /// The same with the escape sequences of colors.
    pub(crate) fn colored_screen(&self) -> String {
        self.tmux(&["capture-pane", "-p", "-e"])
    }

    /// Waits until the screen is as expected, and returns it.
    pub(crate) fn await_screen(&self, is_expected: impl Fn(&str) -> bool) -> String {
        let begun = Instant::now();
        loop {
            let screen = self.screen();
            if is_expected(&screen) {
                return screen;
            }
            assert!(begun.elapsed() < PATIENCE, "{screen}");
            thread::sleep(Duration::from_millis(20));
        }
    }

    /// Waits until the program has ended, and the screen is as it was before, with a line that tells the status
    /// and whether the terminal shows what is typed.
    pub(crate) fn await_end(&self, status: u8) {
        self.await_screen(|screen| {
            screen.starts_with("before\n> ocelot top") && screen.trim_end().ends_with("\n>")
        });
        self.await_status(status);
    }

    /// The same of a program that has ended.
    pub(crate) fn await_status(&self, status: u8) {
        self.enter("echo status $?; stty -a | grep -o '[-]*icanon'");
        let told = format!("\nstatus {status}\nicanon\n>");
        self.await_screen(|screen| screen.trim_end().ends_with(&told));
    }
}

impl Drop for Terminal<'_> {
    fn drop(&mut self) {
        self.tmux(&["kill-server"]);
    }
}
