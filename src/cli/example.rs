//! Example command lines, broken for reading as one would break them when typing.

/// A command line as lines that a shell takes as one, none wider than `width` where that can be.
pub(crate) fn lines(command: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for piece in pieces(command) {
        match lines.last_mut() {
            Some(line) if line.len() + 1 + piece.len() <= width => {
                line.push(' ');
                line.push_str(piece);
            }
            None => lines.push(piece.to_owned()),
            Some(line) => {
                line.push_str(" \\");
                lines.extend(json_lines(&format!("    {piece}"), width));
            }
        }
    }
    lines
}

/// JSON in quotes that is wider than a line, broken between its members: there a line end means nothing.
fn json_lines(piece: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for member in piece.split_inclusive(", ") {
        match lines.last_mut() {
            Some(line) if line.len() + member.trim_end().len() <= width => line.push_str(member),
            Some(line) if member.starts_with(['"', '{']) => {
                line.truncate(line.trim_end().len());
                lines.push(format!("        {member}"));
            }
            Some(line) => line.push_str(member),
            None => lines.push(member.to_owned()),
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
        assert_eq!(
            lines("ocelot tour --query a", 66),
            ["ocelot tour --query a"]
        );
    }

    #[test]
    fn a_long_command_breaks_before_options_and_never_within_quotes() {
        let command = "ocelot streaming admin stream-pool create --name shop --settings \
                       '{\"a\": \"one --two three\", \"b\": true}' --wait";
        assert_eq!(
            lines(command, 66),
            [
                "ocelot streaming admin stream-pool create --name shop \\",
                "    --settings '{\"a\": \"one --two three\", \"b\": true}' --wait",
            ]
        );
    }

    #[test]
    fn json_that_is_wider_than_a_line_breaks_between_its_members() {
        let command =
            "ocelot put --data '[{\"name\": \"one, two\", \"value\": 1}, {\"value\": 2}]'";
        assert_eq!(
            lines(command, 30),
            [
                "ocelot put \\",
                "    --data '[{\"name\": \"one, two\",",
                "        \"value\": 1},",
                "        {\"value\": 2}]'",
            ]
        );
    }
}
