//! Example command lines, broken for reading as one would break them when typing.

/// The width that a line of an example is kept to, where it can be.
const WIDTH: usize = 66;

/// A command line as lines of at most the width, all but the last ending with a backslash.
pub(super) fn lines(command: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for piece in pieces(command) {
        match lines.last_mut() {
            Some(line) if line.len() + 1 + piece.len() <= WIDTH => {
                line.push(' ');
                line.push_str(piece);
            }
            None => lines.push(piece.to_owned()),
            Some(line) => {
                line.push_str(" \\");
                lines.push(format!("    {piece}"));
            }
        }
    }
    lines
}

/// The parts of a command line that belong together: an option and its value, a quoted text.
fn pieces(command: &str) -> Vec<&str> {
    let mut pieces = Vec::new();
    let mut begin = 0;
    let mut quote = None;
    for (at, character) in command.char_indices() {
        match (quote, character) {
            (None, '\'' | '"') => quote = Some(character),
            (Some(open), close) if open == close => quote = None,
            (None, ' ') => {
                let rest = command.get(at + 1..).unwrap_or_default();
                if rest.starts_with("--") || rest.starts_with("| ") {
                    pieces.extend(command.get(begin..at));
                    begin = at + 1;
                }
            }
            _ => {}
        }
    }
    pieces.extend(command.get(begin..));
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_command_stays_on_its_line() {
        assert_eq!(lines("ocelot tour --query a"), ["ocelot tour --query a"]);
    }

    #[test]
    fn a_long_command_breaks_before_options_and_never_within_quotes() {
        let command = "ocelot streaming admin stream-pool create --name shop --settings \
                       '{\"a\": \"one --two three\", \"b\": true}' --wait";
        assert_eq!(
            lines(command),
            [
                "ocelot streaming admin stream-pool create --name shop \\",
                "    --settings '{\"a\": \"one --two three\", \"b\": true}' --wait",
            ]
        );
    }
}
