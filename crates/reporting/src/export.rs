//! A report as a file for people's own tools: CSV, XLSX, Parquet or JSON.

use std::sync::Arc;

use parquet::{
    basic::{ConvertedType, Repetition, Type as Physical},
    data_type::{BoolType, ByteArray, ByteArrayType, DoubleType, Int64Type},
    errors::ParquetError,
    file::{properties::WriterProperties, writer::SerializedFileWriter},
    schema::types::Type,
};
use rust_xlsxwriter::{Format as Style, Workbook, Worksheet, XlsxError};
use serde_json::json;

use crate::{
    metric::{Kind, Measure, Value},
    report::{Column, NONE, Report},
};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    Csv,
    Xlsx,
    Parquet,
    Json,
}

/// It could not be written: a fault of ours, or more rows than the form holds.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    #[error("CSV: {0}")]
    Csv(#[from] csv::Error),
    #[error("XLSX: {0}")]
    Xlsx(#[from] XlsxError),
    #[error("Parquet: {0}")]
    Parquet(#[from] ParquetError),
    #[error("JSON: {0}")]
    Json(#[from] serde_json::Error),
}

impl Format {
    pub const WORDS: &[(&str, Format)] =
        &[("csv", Format::Csv), ("xlsx", Format::Xlsx), ("parquet", Format::Parquet), ("json", Format::Json)];

    pub fn media_type(self) -> &'static str {
        match self {
            Format::Csv => "text/csv; charset=utf-8",
            Format::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            Format::Parquet => "application/vnd.apache.parquet",
            Format::Json => "application/json",
        }
    }

    pub fn extension(self) -> &'static str {
        match self {
            Format::Csv => "csv",
            Format::Xlsx => "xlsx",
            Format::Parquet => "parquet",
            Format::Json => "json",
        }
    }
}

/// The rows, without totals: they can be counted from what is there only by who has the facts.
pub fn export(report: &Report, measures: &[&Measure], format: Format) -> Result<Vec<u8>, ExportError> {
    match format {
        Format::Csv => as_csv(report),
        Format::Xlsx => as_xlsx(report, measures),
        Format::Parquet => as_parquet(report),
        Format::Json => as_json(report, measures),
    }
}

/// A spreadsheet takes such a text for a formula; an apostrophe keeps it a text.
fn guarded(text: &str) -> String {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{text}") } else { text.to_owned() }
}

fn as_csv(report: &Report) -> Result<Vec<u8>, ExportError> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(report.columns.iter().map(|column| column.name))?;
    for row in &report.rows {
        writer.write_record(row.iter().map(|value| match value {
            Value::Null => String::new(),
            Value::Bool(is) => is.to_string(),
            Value::Int(number) => number.to_string(),
            Value::Float(number) => number.to_string(),
            Value::Text(text) => guarded(text),
        }))?;
    }
    writer.into_inner().map_err(|error| csv::Error::from(error.into_error()).into())
}

fn as_xlsx(report: &Report, measures: &[&Measure]) -> Result<Vec<u8>, ExportError> {
    let mut book = Workbook::new();
    let bold = Style::new().set_bold();
    let sheet = book.add_worksheet().set_name("Report")?;
    for (place, column) in (0..).zip(&report.columns) {
        sheet.write_string_with_format(0, place, column.title, &bold)?;
    }
    for (line, row) in (1..).zip(&report.rows) {
        write_row(sheet, line, row)?;
    }
    let words = book.add_worksheet().set_name("Definitions")?;
    for (line, measure) in (0..).zip(measures) {
        words.write_string(line, 0, measure.title)?;
        words.write_string(line, 1, measure.definition)?;
    }
    Ok(book.save_to_buffer()?)
}

fn write_row(sheet: &mut Worksheet, line: u32, row: &[Value]) -> Result<(), XlsxError> {
    for (place, value) in (0..).zip(row) {
        match value {
            Value::Null => continue,
            Value::Bool(is) => sheet.write_boolean(line, place, *is)?,
            Value::Int(number) => sheet.write_number(line, place, *number as f64)?,
            Value::Float(number) => sheet.write_number(line, place, *number)?,
            // A text cell is never a formula, whatever it begins with.
            Value::Text(text) => sheet.write_string(line, place, text)?,
        };
    }
    Ok(())
}

fn physical(kind: Kind) -> Physical {
    match kind {
        Kind::Text | Kind::Time | Kind::Interval => Physical::BYTE_ARRAY,
        Kind::Boolean => Physical::BOOLEAN,
        Kind::Count => Physical::INT64,
        Kind::Seconds | Kind::Minutes | Kind::Rate | Kind::Number => Physical::DOUBLE,
    }
}

fn as_parquet(report: &Report) -> Result<Vec<u8>, ExportError> {
    let field = |column: &Column| {
        let of = physical(column.kind);
        let builder = Type::primitive_type_builder(column.name, of).with_repetition(Repetition::OPTIONAL);
        let text = of == Physical::BYTE_ARRAY;
        let builder = if text { builder.with_converted_type(ConvertedType::UTF8) } else { builder };
        builder.build().map(Arc::new)
    };
    let fields = report.columns.iter().map(field).collect::<Result<Vec<_>, _>>()?;
    let schema = Arc::new(Type::group_type_builder("report").with_fields(fields).build()?);
    let mut file = Vec::new();
    let properties = Arc::new(WriterProperties::builder().build());
    let mut writer = SerializedFileWriter::new(&mut file, schema, properties)?;
    let mut group = writer.next_row_group()?;
    for (place, column) in report.columns.iter().enumerate() {
        let Some(mut chunk) = group.next_column()? else { break };
        let values = || report.rows.iter().map(|row| row.get(place).unwrap_or(&Value::Null));
        match physical(column.kind) {
            Physical::BOOLEAN => {
                let (found, there) = taken(values(), |value| match value {
                    Value::Bool(is) => Some(*is),
                    _ => None,
                });
                chunk.typed::<BoolType>().write_batch(&found, Some(&there), None)?;
            }
            Physical::INT64 => {
                let (found, there) = taken(values(), |value| match value {
                    Value::Int(number) => Some(*number),
                    _ => None,
                });
                chunk.typed::<Int64Type>().write_batch(&found, Some(&there), None)?;
            }
            Physical::DOUBLE => {
                let (found, there) = taken(values(), |value| match value {
                    Value::Int(number) => Some(*number as f64),
                    Value::Float(number) => Some(*number),
                    _ => None,
                });
                chunk.typed::<DoubleType>().write_batch(&found, Some(&there), None)?;
            }
            _ => {
                let (found, there) = taken(values(), |value| match value {
                    Value::Text(text) if text != NONE => Some(ByteArray::from(text.as_str())),
                    _ => None,
                });
                chunk.typed::<ByteArrayType>().write_batch(&found, Some(&there), None)?;
            }
        }
        chunk.close()?;
    }
    group.close()?;
    writer.close()?;
    Ok(file)
}

/// The values that are there, and for each row whether there is one (Parquet's definition levels).
fn taken<'a, T>(
    values: impl Iterator<Item = &'a Value>,
    take: impl Fn(&Value) -> Option<T>,
) -> (Vec<T>, Vec<i16>) {
    let (mut found, mut there) = (Vec::new(), Vec::new());
    for value in values {
        let value = take(value);
        there.push(i16::from(value.is_some()));
        found.extend(value);
    }
    (found, there)
}

fn as_json(report: &Report, measures: &[&Measure]) -> Result<Vec<u8>, ExportError> {
    let columns: Vec<_> = report
        .columns
        .iter()
        .map(|column| json!({"name": column.name, "title": column.title, "kind": column.kind}))
        .collect();
    let words: serde_json::Map<String, serde_json::Value> =
        measures.iter().map(|measure| (measure.public().to_owned(), measure.definition.into())).collect();
    let whole =
        json!({"columns": columns, "rows": report.rows, "totals": report.totals, "definition_of": words});
    Ok(serde_json::to_vec(&whole)?)
}

#[cfg(test)]
mod tests {
    use parquet::{
        file::reader::{FileReader, SerializedFileReader},
        record::RowAccessor,
    };

    use super::*;

    fn report() -> Report {
        let column = |name, kind| Column { name, title: name, kind };
        let text = |text: &str| Value::Text(text.to_owned());
        Report {
            columns: vec![
                column("subject", Kind::Text),
                column("calls", Kind::Count),
                column("consult_rate", Kind::Rate),
                column("flagged", Kind::Boolean),
            ],
            rows: vec![
                vec![text("=cmd|' /C calc'!A0"), Value::Int(10), Value::Float(0.3), Value::Bool(true)],
                vec![text("a, \"b\""), Value::Int(0), Value::Null, Value::Null],
                vec![text("(none)"), Value::Int(-1), Value::Float(-0.5), Value::Bool(false)],
            ],
            totals: Vec::new(),
            counted: 10,
            rows_found: 3,
        }
    }

    #[test]
    fn a_text_that_a_spreadsheet_would_run_is_kept_a_text() {
        let csv = String::from_utf8(export(&report(), &[], Format::Csv).unwrap()).unwrap();
        let lines: Vec<&str> = csv.lines().collect();
        assert_eq!(
            lines,
            [
                "subject,calls,consult_rate,flagged",
                "'=cmd|' /C calc'!A0,10,0.3,true",
                "\"a, \"\"b\"\"\",0,,",
                "(none),-1,-0.5,false"
            ]
        );
        for text in ["+1555", "-x", "@sum", "\tx", "\rx"] {
            assert_eq!(guarded(text), format!("'{text}"));
        }
        assert_eq!(guarded("a=b"), "a=b");
    }

    #[test]
    fn a_parquet_file_reads_back_what_the_report_says() {
        let file = export(&report(), &[], Format::Parquet).unwrap();
        let reader = SerializedFileReader::new(bytes::Bytes::from(file)).unwrap();
        let rows: Vec<_> = reader.get_row_iter(None).unwrap().map(Result::unwrap).collect();
        assert_eq!(rows.len(), 3);
        assert_eq!(rows[0].get_string(0).unwrap(), "=cmd|' /C calc'!A0");
        assert_eq!((rows[0].get_long(1).unwrap(), rows[0].get_double(2).unwrap()), (10, 0.3));
        assert!(rows[1].get_double(2).is_err(), "null is no number");
        assert!(rows[2].get_string(0).is_err());
    }

    #[test]
    fn an_xlsx_file_is_one_and_json_is_the_answer() {
        let file = export(&report(), &[], Format::Xlsx).unwrap();
        assert!(file.starts_with(b"PK"));
        let json: serde_json::Value =
            serde_json::from_slice(&export(&report(), &[], Format::Json).unwrap()).unwrap();
        assert_eq!(json["rows"][1], json!(["a, \"b\"", 0, null, null]));
    }
}
