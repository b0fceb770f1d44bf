//! Tables that others have made: CSV with commas, semicolons or tabs, in UTF-8, with or without a mark of it, or as Korean Excel
//! writes it, in CP949.

use std::fs;
use std::io;
use std::path::Path;

use csv::{ReaderBuilder, Terminator, WriterBuilder};
use encoding_rs::{EUC_KR, Encoding};

use crate::files::in_the_way;

/// UTF-8's mark, without which Excel takes Korean for something else.
pub const BOM: &str = "\u{feff}";

/// A table.
#[derive(Clone, Debug)]
pub struct Sheet {
    /// The first row.
    pub header: Vec<String>,
    /// The others, each with the line in which it begins.
    pub rows: Vec<(u64, Vec<String>)>,
    delimiter: u8,
    marked: bool,
    crlf: bool,
}

impl Sheet {
    /// Reads a table. Errors name the file, and line and column if they are known.
    pub fn read(path: &Path) -> io::Result<Self> {
        let bytes = fs::read(path).map_err(|error| in_the_way(path, &error))?;
        Self::parse(&bytes).map_err(|why| io::Error::other(format!("{}: {why}", path.display())))
    }

    fn parse(bytes: &[u8]) -> Result<Self, String> {
        // .xlsx, .xls
        if [&b"PK\x03\x04"[..], b"\xD0\xCF\x11\xE0"].iter().any(|start| bytes.starts_with(start)) {
            return Err("a workbook; save it as CSV and give that".into());
        }
        let text = text(bytes)?;
        let first = text.lines().find(|line| !line.is_empty()).unwrap_or_default();
        // A name in the header may have one of the others.
        let delimiter = [b',', b';', b'\t'].into_iter().max_by_key(|d| first.matches(char::from(*d)).count());
        let delimiter = delimiter.unwrap_or(b',');
        let mut csv = ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .delimiter(delimiter)
            .from_reader(text.as_bytes());
        let mut rows = Vec::new();
        for record in csv.records() {
            let record = record.map_err(|error| error.to_string())?;
            // The reader counts the empty lines before a row to the row.
            let at = record.position().map_or(0, |position| position.byte() as usize);
            let start = text[at..].find(|c| !matches!(c, '\r' | '\n')).map_or(at, |empty| at + empty);
            let line = 1 + text[..start].matches('\n').count() as u64;
            rows.push((line, record.iter().map(String::from).collect::<Vec<String>>()));
        }
        if rows.is_empty() {
            return Err("nothing in it".into());
        }
        let (_, header) = rows.remove(0);
        let marked = bytes.starts_with(BOM.as_bytes());
        Ok(Sheet { header, rows, delimiter, marked, crlf: text.contains("\r\n") })
    }

    /// The column with one of these names, capitals and spaces around them aside.
    #[must_use]
    pub fn column(&self, names: &[&str]) -> Option<usize> {
        names
            .iter()
            .find_map(|name| self.header.iter().position(|cell| cell.trim().eq_ignore_ascii_case(name)))
    }

    /// As it was read, in UTF-8.
    pub fn write(&self) -> io::Result<Vec<u8>> {
        let start = if self.marked { BOM.as_bytes().to_vec() } else { Vec::new() };
        let ending = if self.crlf { Terminator::CRLF } else { Terminator::Any(b'\n') };
        let mut csv = WriterBuilder::new()
            .flexible(true)
            .delimiter(self.delimiter)
            .terminator(ending)
            .from_writer(start);
        csv.write_record(&self.header)?;
        for (_, row) in &self.rows {
            csv.write_record(row)?;
        }
        csv.into_inner().map_err(|error| io::Error::other(error.to_string()))
    }
}

/// Text, whatever of the known encodings it is in; or where it is in none.
fn text(bytes: &[u8]) -> Result<String, String> {
    if let Some((encoding, mark)) = Encoding::for_bom(bytes) {
        let (text, wrong) = encoding.decode_without_bom_handling(&bytes[mark..]);
        return if wrong {
            Err(format!("not the {} that it says it is", encoding.name()))
        } else {
            Ok(text.into())
        };
    }
    let korean = |bytes| EUC_KR.decode_without_bom_handling_and_without_replacement(bytes);
    match std::str::from_utf8(bytes) {
        Ok(text) => Ok(text.into()),
        Err(error) => korean(bytes).map(Into::into).ok_or_else(|| {
            let lines = bytes.split(|byte| *byte == b'\n');
            let bad =
                lines.enumerate().find(|(_, line)| str::from_utf8(line).is_err() && korean(line).is_none());
            let line = bad.map_or(0, |(at, _)| at);
            let column = bytes[..error.valid_up_to()].rsplit(|byte| *byte == b'\n').next().unwrap_or(&[]);
            let column = String::from_utf8_lossy(column).chars().count() + 1;
            format!("line {}, column {column}: neither UTF-8 nor CP949", line + 1)
        }),
    }
}
