//! Reading one file: its header, its rows, and everything that is wrong with them by file and line.

use std::{fs::File, io::ErrorKind, path::Path};

use csv::{ByteRecord, ReaderBuilder};

/// A row, or a whole file, that cannot be taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadRow {
    /// `calls.csv`.
    pub file: &'static str,
    /// From 1, the header's; what is wrong with the file itself stands at 1.
    pub line: u64,
    /// The column; none where the whole row is meant.
    pub field: Option<&'static str>,
    pub message: String,
}

impl std::fmt::Display for BadRow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let BadRow { file, line, field, message } = self;
        match field {
            Some(field) => write!(f, "{file}:{line}: {field}: {message}"),
            None => write!(f, "{file}:{line}: {message}"),
        }
    }
}

/// One file of the format.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shape {
    pub(super) file: &'static str,
    pub(super) columns: &'static [&'static str],
    pub(super) may_be_missing: bool,
}

/// One row while it is read; what is wrong with it is noted and reading goes on.
pub(super) struct Row<'a> {
    shape: &'a Shape,
    pub(super) line: u64,
    /// In the order of the shape's columns.
    cells: Vec<&'a str>,
    bad: &'a mut Vec<BadRow>,
}

impl Row<'_> {
    fn cell(&self, column: &str) -> &str {
        let place = self.shape.columns.iter().position(|name| *name == column);
        place.and_then(|place| self.cells.get(place)).copied().unwrap_or_default()
    }

    pub(super) fn refuse(&mut self, field: &'static str, message: impl Into<String>) {
        let (file, line) = (self.shape.file, self.line);
        self.bad.push(BadRow { file, line, field: Some(field), message: message.into() });
    }

    /// None where the cell is empty.
    pub(super) fn text(&self, column: &'static str) -> Option<String> {
        let cell = self.cell(column);
        (!cell.is_empty()).then(|| cell.to_owned())
    }

    pub(super) fn required(&mut self, column: &'static str) -> String {
        let found = self.text(column);
        if found.is_none() {
            self.refuse(column, "must not be empty");
        }
        found.unwrap_or_default()
    }

    /// A word in lower case, whatever case it is written in; spaces and hyphens become `_`.
    pub(super) fn word(&mut self, column: &'static str) -> Option<String> {
        let word = self.cell(column).to_ascii_lowercase().replace([' ', '-'], "_");
        if word.is_empty() {
            return None;
        }
        let fits = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '_';
        if !word.chars().all(fits) {
            self.refuse(column, format!("\"{word}\" is no word of letters, digits and _"));
        }
        Some(word)
    }

    pub(super) fn one_of(&mut self, column: &'static str, words: &[&'static str]) -> &'static str {
        let cell = self.cell(column).to_ascii_lowercase();
        match words.iter().find(|word| **word == cell) {
            Some(word) => word,
            None => {
                self.refuse(column, format!("\"{cell}\" is none of {}", words.join(", ")));
                ""
            }
        }
    }

    /// Milliseconds UTC.
    pub(super) fn time(&mut self, column: &'static str) -> Option<i64> {
        let cell = self.cell(column);
        if cell.is_empty() {
            return None;
        }
        let read = time(cell);
        if let Err(message) = &read {
            let message = format!("\"{cell}\" {message}");
            self.refuse(column, message);
        }
        read.ok()
    }

    pub(super) fn required_time(&mut self, column: &'static str) -> i64 {
        if self.cell(column).is_empty() {
            self.refuse(column, "must not be empty");
        }
        self.time(column).unwrap_or_default()
    }

    pub(super) fn number(&mut self, column: &'static str, least: i32, most: i32) -> Option<i32> {
        let cell = self.cell(column);
        if cell.is_empty() {
            return None;
        }
        let read = cell.parse().ok().filter(|number| (least..=most).contains(number));
        if read.is_none() {
            let message = format!("\"{cell}\" is no number from {least} to {most}");
            self.refuse(column, message);
        }
        read
    }
}

/// RFC 3339, UTC, whole seconds or milliseconds.
fn time(text: &str) -> Result<i64, &'static str> {
    let read = chrono::DateTime::parse_from_rfc3339(text).map_err(|_| "is no RFC 3339 time")?;
    if read.offset().local_minus_utc() != 0 {
        return Err("is not in UTC");
    }
    let nanos = read.timestamp_subsec_nanos();
    if nanos >= 1_000_000_000 {
        return Err("is a leap second");
    }
    if nanos % 1_000_000 != 0 {
        return Err("has more than milliseconds");
    }
    Ok(read.timestamp_millis())
}

/// Calls `take` for each row that has the right number of cells in UTF-8.
pub(super) fn read(
    directory: &Path,
    shape: &Shape,
    bad: &mut Vec<BadRow>,
    mut take: impl FnMut(&mut Row<'_>),
) -> std::io::Result<()> {
    let whole = |message: String| BadRow { file: shape.file, line: 1, field: None, message };
    let file = match File::open(directory.join(shape.file)) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => {
            if !shape.may_be_missing {
                bad.push(whole("the file is missing".to_owned()));
            }
            return Ok(());
        }
        Err(error) => return Err(error),
    };
    let mut reader =
        ReaderBuilder::new().has_headers(false).flexible(true).buffer_capacity(1 << 16).from_reader(file);
    let mut record = ByteRecord::new();
    let mut places: Option<Vec<usize>> = None;
    while next(&mut reader, &mut record)? {
        let line = record.position().map_or(1, csv::Position::line);
        let at = |message: String| BadRow { file: shape.file, line, field: None, message };
        let cells: Result<Vec<&str>, _> = record.iter().map(std::str::from_utf8).collect();
        let Ok(cells) = cells else {
            bad.push(at("is not UTF-8".to_owned()));
            continue;
        };
        // Postgres' text cannot hold it, and a dry run has to say so.
        if record.as_slice().contains(&0) {
            bad.push(at("holds a NUL".to_owned()));
            continue;
        }
        match &places {
            None => match header(shape, &cells) {
                Ok(found) => places = Some(found),
                Err(messages) => {
                    bad.extend(messages.into_iter().map(at));
                    return Ok(());
                }
            },
            Some(places) if places.len() == cells.len() => {
                let cells = places.iter().map(|place| cells.get(*place).map_or("", |cell| cell.trim()));
                take(&mut Row { shape, line, cells: cells.collect(), bad });
            }
            Some(places) => {
                bad.push(at(format!("has {} cells where {} are asked for", cells.len(), places.len())));
            }
        }
    }
    if places.is_none() {
        bad.push(whole("has no header".to_owned()));
    }
    Ok(())
}

fn next(reader: &mut csv::Reader<File>, record: &mut ByteRecord) -> std::io::Result<bool> {
    reader.read_byte_record(record).map_err(|error| match error.into_kind() {
        csv::ErrorKind::Io(error) => error,
        other => std::io::Error::other(format!("{other:?}")),
    })
}

/// Where in the file each of our columns stands; the file may order them as it likes.
fn header(shape: &Shape, cells: &[&str]) -> Result<Vec<usize>, Vec<String>> {
    let names: Vec<String> =
        cells.iter().map(|cell| cell.trim_start_matches('\u{feff}').trim().to_ascii_lowercase()).collect();
    let mut wrong = Vec::new();
    let mut places = Vec::new();
    for column in shape.columns {
        match names.iter().position(|name| name == column) {
            Some(place) => places.push(place),
            None => wrong.push(format!("the column {column} is missing")),
        }
    }
    for (place, name) in names.iter().enumerate() {
        if !shape.columns.contains(&name.as_str()) {
            wrong.push(format!("\"{name}\" is no column of this file"));
        } else if names.iter().position(|other| other == name) != Some(place) {
            wrong.push(format!("the column {name} stands twice"));
        }
    }
    if wrong.is_empty() { Ok(places) } else { Err(wrong) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_utc_with_seconds_or_milliseconds() {
        assert_eq!(time("2026-03-01T00:00:00Z"), Ok(1_772_323_200_000));
        assert_eq!(time("2026-03-01T00:00:00.250+00:00"), Ok(1_772_323_200_250));
        for wrong in ["2026-03-01T00:00:00", "2026-03-01 00:00", "2026-03-01T00:00:00-05:00", "", "x"] {
            assert!(time(wrong).is_err(), "{wrong}");
        }
        assert!(time("2026-03-01T00:00:00.0001Z").is_err());
    }
}
