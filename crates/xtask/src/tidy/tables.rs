//! Reading the tables of our documents: some rules are kept where people read them.

/// A row of a Markdown table with its line (from 1); cells are trimmed.
pub(super) struct Row {
    pub line: usize,
    pub cells: Vec<String>,
}

impl Row {
    pub(super) fn cell(&self, index: usize) -> &str {
        self.cells.get(index).map_or("", String::as_str)
    }
    /// The cell's words in backticks.
    pub(super) fn quoted(&self, index: usize) -> Vec<&str> {
        self.cell(index).split('`').skip(1).step_by(2).collect()
    }
}

/// The body rows of the first table under the heading `## title`; none when the heading is missing.
pub(super) fn under(text: &str, title: &str) -> Vec<Row> {
    let heading = format!("## {title}");
    let mut rows = Vec::new();
    let mut inside = false;
    for (index, line) in text.lines().enumerate() {
        if line.starts_with("## ") {
            inside = line.trim_end() == heading;
        } else if inside && line.starts_with('|') {
            let cells = line.trim().trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect();
            rows.push(Row { line: index + 1, cells });
        } else if inside && !rows.is_empty() {
            break;
        }
    }
    // The first two are the titles and the rule beneath them.
    rows.drain(..rows.len().min(2));
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_under_a_heading_is_read() {
        let text =
            "# t\n## one\n\n| a | b |\n| --- | --- |\n| `x`, `y` | z |\n\n| not | this |\n## two\n| q |\n";
        let rows = under(text, "one");
        assert_eq!(rows.len(), 1);
        assert_eq!((rows[0].line, rows[0].quoted(0), rows[0].cell(1)), (6, vec!["x", "y"], "z"));
        assert!(under(text, "three").is_empty());
    }
}
