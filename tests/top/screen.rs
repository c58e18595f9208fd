//! `ocelot top` on a terminal: keys, sizes, news, and what is left behind.

use crate::sandbox::Sandbox;
use crate::terminal::Terminal;

const FIRST_SCREEN: &str = "\
ocelot top  data                             2026-03-14T12:00:00Z (clock is set)

STREAMS (1)                                   PARTITIONS     MESSAGES      PUT/S
orders                                                 1            3          0

QUEUES (1)                              VISIBLE  IN FLIGHT       DEAD      PUT/S
jobs                                          0          0          0          0
















q leave   Tab next section   Up/Down scroll   every 0.1 s
";

#[test]
fn a_screen_and_back() {
    let sandbox = Sandbox::new();
    let Some(terminal) = Terminal::open(&sandbox) else {
        return;
    };
    sandbox.create_stream("orders", 1);
    sandbox.put("orders", 3);
    sandbox.text("queue queue-admin queue create --display-name jobs");
    for key in ["q", "Escape", "C-c"] {
        terminal.clear();
        terminal.enter("ocelot top --interval 0.1");
        terminal.await_screen(|screen| screen == FIRST_SCREEN);
        terminal.press(key);
        terminal.await_end(0);
    }
}

#[test]
fn news_are_seen() {
    let sandbox = Sandbox::new();
    let Some(terminal) = Terminal::open(&sandbox) else {
        return;
    };
    sandbox.create_stream("orders", 1);
    let server = sandbox.serve("");
    terminal.enter("ocelot top --interval 1");
    terminal.await_screen(|screen| screen.contains("orders   "));
    // Others have the folder in between, and a rate is seen when something comes.
    sandbox.put("orders", 50);
    terminal.await_screen(|screen| {
        let row = screen.lines().find(|line| line.starts_with("orders "));
        let cells: Vec<&str> = row.unwrap_or_default().split_whitespace().collect();
        cells.get(2) == Some(&"50") && cells.get(3).is_some_and(|rate| !["0", "-"].contains(rate))
    });
    // It goes on when the server has ended.
    drop(server);
    sandbox.create_stream("returns", 1);
    terminal.await_screen(|screen| screen.contains("STREAMS (2)"));
    // What is wrong is told, for as long as it is.
    let data = sandbox.path().join("data");
    let aside = sandbox.path().join("aside");
    std::fs::rename(&data, &aside).unwrap();
    std::fs::write(&data, "").unwrap();
    let screen = terminal.await_screen(|screen| screen.contains("\nError: "));
    assert!(screen.contains("STREAMS (2)"), "{screen}");
    std::fs::remove_file(&data).unwrap();
    std::fs::rename(&aside, &data).unwrap();
    terminal.await_screen(|screen| screen.contains("q leave"));
    terminal.press("q");
    terminal.await_end(0);
}

#[test]
fn long_lists_are_cut_and_scrolled() {
    let sandbox = Sandbox::new();
    let Some(terminal) = Terminal::open(&sandbox) else {
        return;
    };
    for number in 10..40 {
        sandbox.create_stream(&format!("stream-{number}"), 1);
        if number < 20 {
            sandbox.text(&format!(
                "queue queue-admin queue create --display-name queue-{number}"
            ));
        }
    }
    terminal.enter("ocelot top --interval 0.1");
    // 24 lines: the heading, the keys, two titles and ten rows for each of both.
    let screen = terminal.await_screen(|screen| screen.contains("q leave"));
    assert!(
        screen.contains("stream-18 ") && !screen.contains("stream-19"),
        "{screen}"
    );
    assert!(
        screen.contains("\n… 21 more\n") && screen.contains("queue-19 "),
        "{screen}"
    );
    terminal.press("Down");
    terminal.await_screen(|screen| screen.contains("… 20 more") && !screen.contains("stream-10"));
    terminal.press("End");
    terminal.await_screen(|screen| screen.contains("stream-39") && !screen.contains("more"));
    terminal.press("Home");
    terminal.await_screen(|screen| screen.contains("… 21 more"));
    // Keys are for the section that is chosen, on a screen of any size.
    terminal.resize(60, 12);
    terminal.await_screen(|screen| screen.contains("stream-12") && screen.contains("… 27 more"));
    terminal.press("Tab");
    terminal.press("PageDown");
    let screen = terminal.await_screen(|screen| screen.contains("queue-19"));
    assert!(
        screen.contains("stream-12") && screen.contains("… 27 more"),
        "{screen}"
    );
    terminal.resize(20, 3);
    terminal.await_screen(|screen| screen.lines().count() == 3);
    terminal.resize(80, 24);
    terminal.await_screen(|screen| screen.contains("stream-18 "));
    terminal.press("q");
    terminal.await_end(0);
}

#[test]
fn colors_are_for_those_who_want_them() {
    let sandbox = Sandbox::new();
    let Some(terminal) = Terminal::open(&sandbox) else {
        return;
    };
    sandbox.create_stream("orders", 1);
    // Cyan, which the title of the chosen section has.
    let has_color = |screen: &str| screen.contains("38;5;6m");
    for (line, is_colored) in [
        ("ocelot top", true),
        ("NO_COLOR=1 ocelot top", false),
        ("NO_COLOR= ocelot top", true),
    ] {
        terminal.clear();
        terminal.enter(line);
        terminal.await_screen(|screen| screen.contains("STREAMS (1)"));
        let screen = terminal.colored_screen();
        assert_eq!(has_color(&screen), is_colored, "{line}\n{screen}");
        terminal.press("q");
        terminal.await_screen(|screen| screen.contains("\n>") && !screen.contains("STREAMS"));
    }
}

#[test]
fn charts_fill_the_terminal_with_colors() {
    let sandbox = Sandbox::new();
    let Some(terminal) = Terminal::open(&sandbox) else {
        return;
    };
    sandbox.text(
        "monitoring metric-data post --metric-data '[{\"namespace\": \"shop\", \"name\": \"orders\", \
         \"compartmentId\": \"c\", \"dimensions\": {\"site\": \"berlin\"}, \"datapoints\": [\
         {\"timestamp\": \"2026-03-14T11:50:00Z\", \"value\": 1}, \
         {\"timestamp\": \"2026-03-14T11:51:00Z\", \"value\": 5}]}]'",
    );
    terminal.enter(
        "clear; ocelot monitoring metric-data summarize-metrics-data --compartment-id c --namespace shop \
         --query-text 'orders[1m].sum()' --output chart",
    );
    // 23 lines of chart, and the prompt.
    let screen = terminal.await_screen(|screen| {
        screen.contains("• site=berlin") && screen.trim_end().ends_with("\n>")
    });
    assert_eq!(screen.lines().count(), 24, "{screen}");
    assert!(screen.starts_with("orders, every 1m\n"), "{screen}");
    let colored = terminal.colored_screen();
    assert!(colored.contains("\u{1b}[36m•"), "{colored}");
}

#[test]
fn a_signal_gives_the_terminal_back() {
    let sandbox = Sandbox::new();
    let Some(terminal) = Terminal::open(&sandbox) else {
        return;
    };
    sandbox.create_stream("orders", 1);
    let program = env!("CARGO_BIN_EXE_ocelot");
    for (name, status) in [("-TERM", 143), ("-HUP", 129), ("-INT", 130)] {
        terminal.clear();
        terminal.enter(&format!(
            "sh -c 'echo $$ > pid; exec {program} top --interval 0.1'"
        ));
        terminal.await_screen(|screen| screen.contains("STREAMS (1)"));
        let pid = std::fs::read_to_string(sandbox.path().join("pid")).unwrap();
        test_support::signal(name, pid.trim().parse().unwrap());
        terminal.await_screen(|screen| {
            screen.starts_with("before\n> sh -c") && screen.trim_end().ends_with("\n>")
        });
        terminal.await_status(status);
    }
}

#[test]
fn a_terminal_that_hangs_up_ends_it() {
    let sandbox = Sandbox::new();
    let Some(terminal) = Terminal::open(&sandbox) else {
        return;
    };
    sandbox.create_stream("orders", 1);
    let program = env!("CARGO_BIN_EXE_ocelot");
    terminal.enter(&format!("echo $$ > pid; exec {program} top"));
    terminal.await_screen(|screen| screen.contains("STREAMS (1)"));
    let pid = std::fs::read_to_string(sandbox.path().join("pid")).unwrap();
    let process = std::path::Path::new("/proc").join(pid.trim());
    assert!(process.exists());
    terminal.hang_up();
    test_support::eventually("the program has ended", || !process.exists());
}
