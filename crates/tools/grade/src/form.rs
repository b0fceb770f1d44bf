//! A learning platform's own table of marks, filled in: Moodle's grading worksheet, Canvas' gradebook.
//!
//! What they take is from Moodle's `mod/assign/feedback/offline/importgradeslib.php` and Canvas' `lib/gradebook_importer.rb`.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;

use labs::words::Lang;

use crate::handed_in::{Platform, Who};
use crate::report::Status;
use crate::results::{Class, Row};
use crate::roster::{Found, Person, Roster, has_name};
use crate::sheet::Sheet;

/// The table, and where in it the marks go.
#[derive(Clone, Debug)]
pub struct Form {
    platform: Platform,
    sheet: Sheet,
    /// The column with the platform's own numbers.
    id: usize,
    /// The column for the marks.
    marks: usize,
    /// What full marks are there, a cell; none: as here.
    full: Option<f64>,
    /// Whose rows they are; none of rows that are no student's.
    people: Roster,
}

impl Form {
    /// Reads a table that a platform has exported. `column` is needed only where the column for the marks is not clear.
    pub fn read(path: &Path, column: Option<&str>) -> io::Result<Self> {
        let sheet = Sheet::read(path)?;
        let form = if is_canvas(&sheet) { canvas(sheet, column) } else { moodle(sheet, column) };
        form.map_err(|why| io::Error::other(format!("{}: {why}", path.display())))
    }

    /// The name of the file to be made of it.
    #[must_use]
    pub fn file_name(&self) -> &'static str {
        if self.platform == Platform::Moodle { "moodle.csv" } else { "canvas.csv" }
    }

    /// Fills in the marks there are; cells of all others stay as they are. Gives the table, and what is to be said of it.
    pub fn filled(mut self, class: &Class, lang: Lang) -> io::Result<(Vec<u8>, Vec<String>)> {
        let mut said = Vec::new();
        let mut of: BTreeMap<usize, Vec<&Row>> = BTreeMap::new();
        for row in class.rows.iter().filter(|row| row.marks.is_ok()) {
            match self.find(row) {
                Ok(at) => of.entry(at).or_default().push(row),
                Err(why) => said.push(format!("{}: not filled in: {why}", row.student)),
            }
        }
        let feedback =
            self.sheet.column(&["Feedback comments"]).filter(|_| self.platform == Platform::Moodle);
        let mut filled = 0;
        for (at, rows) in of {
            let (cells, [row]) = (&mut self.sheet.rows[at].1, &rows[..]) else {
                let all: Vec<&str> = rows.iter().map(|row| row.student.as_str()).collect();
                said.push(format!("not filled in, one person's: {}", all.join(", ")));
                continue;
            };
            let Ok(score) = row.marks else { continue };
            cells.resize(cells.len().max(self.sheet.header.len()), String::new());
            // A mark would undo it.
            if self.platform == Platform::Canvas && cells[self.marks].trim() == "EX" {
                said.push(format!("{}: not filled in: excused there (EX)", row.student));
                continue;
            }
            filled += 1;
            cells[self.marks] = scaled(score, class.max_score, self.full);
            if let Some(feedback) = feedback.filter(|feedback| cells[*feedback].trim().is_empty()) {
                cells[feedback] = told(row, class, lang);
            }
        }
        if let Some(full) = self.full.filter(|full| differs(*full, class.max_score)) {
            said.push(format!("full marks are {full} there, {} here: scaled", class.max_score));
        }
        if self.platform == Platform::Canvas {
            self.keep_only_marks();
        }
        said.push(format!("{}: {filled} of {} filled in", self.file_name(), class.scores().count()));
        Ok((self.sheet.write()?, said))
    }

    /// The row that a student's marks go to; or why there is none.
    fn find(&self, row: &Row) -> Result<usize, String> {
        let who = &row.who;
        if who.platform == Some(self.platform) && !who.id.is_empty() {
            let own =
                |cells: &[String]| cells.get(self.id).is_some_and(|cell| trailing_number(cell) == who.id);
            let at = self.sheet.rows.iter().position(|(_, cells)| own(cells));
            let at = at.ok_or("nobody there has its number")?;
            let there = &self.people.0[at].name;
            // Numbers of another assignment are other people's. Where marking is blind, nobody has a name.
            let blind = self.sheet.rows[at].1[self.id].starts_with(&who.name);
            return if there.is_empty() || blind || has_name(&who.name, there) {
                Ok(at)
            } else {
                Err(format!("its number is {there}'s there: is that the same assignment?"))
            };
        }
        let found = match &row.person {
            Some(Person { ids, name }) => {
                self.people.find(&format!("{} {name}", ids.join(" ")), &Who::default())
            }
            None => self.people.find(&row.student, who),
        };
        match found {
            Found::One(at) => Ok(at),
            Found::Nobody => Err("nobody there has its name or number".into()),
            Found::Unclear(all) => Err(format!("it could be any of {} there", all.len())),
        }
    }

    /// Leaves Canvas the columns that say who it is, and the marks: other assignments' may be others by the time it is imported.
    fn keep_only_marks(&mut self) {
        let section = self.sheet.column(&["Section"]).unwrap_or(0);
        let keep = |cells: &[String]| {
            let kept = cells.iter().enumerate().filter(|(at, _)| *at <= section || *at == self.marks);
            kept.map(|(_, cell)| cell.clone()).collect()
        };
        self.sheet.header = keep(&self.sheet.header);
        for (_, row) in &mut self.sheet.rows {
            *row = keep(row);
        }
    }
}

/// Moodle writes its words in the site's language; the identifier is a word and a number in any.
fn moodle(sheet: Sheet, column: Option<&str>) -> Result<Form, String> {
    let id = sheet.column(&["Identifier"]).or_else(|| {
        let ids = sheet.rows.iter().filter_map(|(_, cells)| cells.first());
        let (ids, numbers) = (ids.clone().count(), ids.filter(|id| !trailing_number(id).is_empty()).count());
        (column.is_some() && ids == numbers).then_some(0)
    });
    let marks = match column {
        Some(column) => sheet.column(&[column]),
        None => sheet.column(&["Grade", "성적"]),
    };
    let (Some(id), Some(marks)) = (id, marks) else {
        return Err(format!(
            "neither Moodle's grading worksheet (Identifier, Full name, …, Grade, …) nor Canvas' gradebook \
             (Student, ID, …, Section, …), or the column for the marks has another name (--column): there are {}",
            sheet.header.join(", ")
        ));
    };
    let ids = columns(&sheet, &["ID number", "Username", "학번", "아이디"]);
    let name = sheet.column(&["Full name", "이름", "성명"]);
    // Whatever it is called in the site's language, it follows; a scale's words are no number.
    let full = sheet.column(&["Maximum Grade"]).unwrap_or(marks + 1);
    let mut full = sheet.rows.iter().map(|(_, cells)| number(cells.get(full)?));
    let full = full.next().flatten().filter(|first| full.all(|other| other == Some(*first)));
    let person = |cells: &[String]| Person {
        ids: texts(cells, &ids),
        name: name.and_then(|name| cells.get(name)).map_or(String::new(), |name| name.trim().into()),
    };
    let people = Roster(sheet.rows.iter().map(|(_, cells)| person(cells)).collect());
    Ok(Form { platform: Platform::Moodle, id, marks, full, people, sheet })
}

fn is_canvas(sheet: &Sheet) -> bool {
    let named = sheet.header.first().is_some_and(|first| ["Student", "LastName"].contains(&first.trim()));
    named && sheet.column(&["ID"]).is_some() && sheet.column(&["Section"]).is_some()
}

/// Canvas has a column an assignment, `Echo server (123)`. Above the students may stand rows about the columns.
fn canvas(sheet: Sheet, column: Option<&str>) -> Result<Form, String> {
    let id = sheet.column(&["ID"]).unwrap_or(1);
    let is_points =
        |cells: &&(u64, Vec<String>)| cells.1.first().is_some_and(|c| c.contains("Points Possible"));
    let points = sheet.rows.iter().find(is_points).map(|(_, cells)| cells.clone()).unwrap_or_default();
    let point = |at: usize| points.get(at).map_or("", |cell| cell.trim());
    let assignments: Vec<usize> = (sheet.column(&["Section"]).unwrap_or(0) + 1..sheet.header.len())
        .filter(|at| {
            let numbered = sheet.header[*at]
                .trim()
                .strip_suffix(')')
                .is_some_and(|name| !trailing_number(name).is_empty());
            numbered && !point(*at).contains("read only")
        })
        .collect();
    let wanted = |at: &usize| {
        let name = sheet.header[*at].trim();
        column.is_none_or(|column| {
            name == column || name.rsplit_once(" (").is_some_and(|(name, _)| name == column)
        })
    };
    let wanted: Vec<usize> = assignments.iter().copied().filter(wanted).collect();
    let [marks] = wanted[..] else {
        let all: Vec<&str> = assignments.iter().map(|at| sheet.header[*at].trim()).collect();
        return Err(format!(
            "which column are the marks for? Say it with --column. There are: {}",
            all.join(", ")
        ));
    };
    let full = number(point(marks));
    let ids = columns(&sheet, &["SIS User ID", "SIS Login ID", "Integration ID"]);
    let names = columns(&sheet, &["Student", "LastName", "FirstName"]);
    let person = |cells: &[String]| {
        // Rows about the columns are nobody's.
        let is_student = cells.get(id).is_some_and(|id| !trailing_number(id).is_empty());
        if !is_student {
            return Person::default();
        }
        Person { ids: texts(cells, &ids), name: texts(cells, &names).join(" ") }
    };
    let people = Roster(sheet.rows.iter().map(|(_, cells)| person(cells)).collect());
    Ok(Form { platform: Platform::Canvas, id, marks, full, people, sheet })
}

fn columns(sheet: &Sheet, names: &[&str]) -> Vec<usize> {
    names.iter().filter_map(|name| sheet.column(&[name])).collect()
}

fn texts(cells: &[String], columns: &[usize]) -> Vec<String> {
    let texts = columns.iter().filter_map(|at| cells.get(*at)).map(|cell| cell.trim());
    texts.filter(|text| !text.is_empty()).map(String::from).collect()
}

/// 12 of `Participant 12`.
fn trailing_number(text: &str) -> &str {
    let text = text.trim();
    &text[text.trim_end_matches(|c: char| c.is_ascii_digit()).len()..]
}

/// A number, whichever decimal mark it has.
fn number(cell: &str) -> Option<f64> {
    cell.trim().replace(',', ".").parse().ok()
}

/// Are full marks others there?
fn differs(full: f64, most: u32) -> bool {
    (full - f64::from(most)).abs() > 0.001
}

/// Marks where full marks are others.
fn scaled(score: u32, most: u32, full: Option<f64>) -> String {
    match full {
        Some(full) if differs(full, most) => {
            let scaled = format!("{:.2}", f64::from(score) * full / f64::from(most.max(1)));
            scaled.trim_end_matches('0').trim_end_matches('.').into()
        }
        _ => score.to_string(),
    }
}

/// What a student reads beside the marks. Titles are the labs' own words.
fn told(row: &Row, class: &Class, lang: Lang) -> String {
    let failed = class.checks.iter().filter(|(id, ..)| row.checks.get(id) == Some(&Status::Failed));
    let failed: Vec<&str> = failed.map(|(_, title, _)| title.as_str()).collect();
    if failed.is_empty() {
        String::new()
    } else {
        format!("{}: {}", lang.of("실패한 검사", "failed"), failed.join("; "))
    }
}
