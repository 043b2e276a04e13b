//! Lines and pages of the report (`writeline` in report.c).

/// A page under way.
#[derive(Debug, Clone)]
pub(super) struct Page {
    /// Lines to a page; 0 is one endless page.
    size: usize,
    line: usize,
    number: usize,
    title: String,
    text: String,
}

impl Page {
    pub(super) fn new(size: usize, title: &str) -> Self {
        Self { size, line: 2, number: 1, title: title.to_owned(), text: String::new() }
    }

    /// Text that counts as no line.
    pub(super) fn raw(&mut self, text: &str) {
        self.text.push_str(text);
    }

    pub(super) fn line(&mut self, text: &str) {
        if self.is_full() {
            self.number += 1;
            let title: String = self.title.chars().take(60).collect();
            self.text.push_str(&format!("\n\u{c}\n  Page {}    {title:>60}\n", self.number));
            self.line = 3;
        }
        self.text.push_str("\n  ");
        self.text.push_str(text);
        self.line += 1;
    }

    /// Whether the next line opens a new page.
    pub(super) const fn is_full(&self) -> bool {
        self.size > 0 && self.line == self.size
    }

    /// Moves to the next page when fewer than eleven lines are left, then leaves a line free.
    pub(super) fn make_room(&mut self) {
        if self.line + 11 > self.size {
            while self.line < self.size {
                self.line(" ");
            }
        }
        self.line(" ");
    }

    /// A rule of dashes below `width` characters.
    pub(super) fn rule(&mut self, width: usize) {
        self.line(&"-".repeat(width + 1));
    }

    /// What was written since this was last asked.
    pub(super) fn take(&mut self) -> String {
        std::mem::take(&mut self.text)
    }
}
