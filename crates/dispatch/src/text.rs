//! From messages to one text that fits: alone, or merged with the most urgent first and the rest
//! counted. The same members always make the same text, so that a repetition after a crash can be
//! told from a new one.

use crate::channels::Size;
use crate::facts::{Facts, pick};
use crate::words::Language;
use field::id::MessageId;
use field::message::Message;
use field::person::{Person, Role};
use std::fmt::Write as _;

/// Longest tail of message numbers, bytes.
const MAX_IDS: usize = 300;

/// How texts are made.
#[derive(Clone, Debug)]
pub(crate) struct Writer {
    pub(crate) language: Language,
    /// Without a slash at the end.
    pub(crate) public_url: String,
}

/// A text and what goes around it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Text {
    pub(crate) title: String,
    pub(crate) text: String,
    pub(crate) link: String,
}

/// One message and its person.
pub(crate) type Member<'a> = (&'a Message, &'a Person);

impl Writer {
    /// The text for `members`, most urgent first. In a group each is called by name.
    pub(crate) fn compose(&self, members: &[Member<'_>], group: bool, size: Size) -> Text {
        match members {
            [one] => self.one(*one, group, size),
            many => self.many(many, group, size),
        }
    }

    fn one(&self, (message, person): Member<'_>, group: bool, size: Size) -> Text {
        let link = self.link(message, person);
        let facts = Facts::read(&message.params);
        let ask_key = self.known("ask", &message.template);
        let ask = self.language.say(&ask_key, &[("number", &facts.number), ("link", &link)]);
        let tail = format!("{ask} {}", self.ids(&[message.id]));
        let line = self.line(message, person, &facts, true);
        let line = if group { self.call(person, &line) } else { line };
        let text = cut(&line, &tail, size).unwrap_or_else(|| {
            let plain = self.line(message, person, &facts, false);
            let plain = if group { self.call(person, &plain) } else { plain };
            shorten(&plain, &tail, size)
        });
        let title = if message.template == "test" { "title.test" } else { "title.one" };
        let title = self.language.say(
            title,
            &[
                ("mark", &self.mark(&facts)),
                ("severity", &self.severity(message)),
                ("station", facts.station(self.language)),
            ],
        );
        Text { title, text, link }
    }

    fn many(&self, members: &[Member<'_>], group: bool, size: Size) -> Text {
        let link = format!("{}/phone", self.public_url);
        let synthetic = members.iter().any(|(m, _)| Facts::read(&m.params).synthetic);
        let mark = if synthetic { self.language.say("mark.synthetic", &[]) } else { String::new() };
        let count = members.len().to_string();
        let head = self.language.say("many.head", &[("mark", &mark), ("count", &count)]);
        let ids: Vec<MessageId> = members.iter().map(|(m, _)| m.id).collect();
        let ids = self.ids(&ids);
        let tail = |left: usize| {
            let rest = self.language.say("many.rest", &[("count", &left.to_string())]);
            let rest = if left == 0 { String::new() } else { rest };
            format!("\n{rest}{} {ids}", self.language.say("many.link", &[("link", &link)]))
        };
        let mut body = head;
        let mut told = 0;
        for (n, (message, person)) in members.iter().enumerate() {
            let facts = Facts::read(&message.params);
            let line = self.line(message, person, &facts, false);
            let line = if group { self.call(person, &line) } else { line };
            let line =
                self.language.say("many.line", &[("n", &(n + 1).to_string()), ("line", line.trim_end())]);
            let longer = format!("{body}\n{line}");
            if !size.fits(&format!("{longer}{}", tail(members.len() - n - 1))) {
                break;
            }
            body = longer;
            told = n + 1;
        }
        let title = self.language.say("title.many", &[("mark", &mark), ("count", &count)]);
        Text { title, text: shorten(&body, &tail(members.len() - told), size), link }
    }

    /// The sentence without its request: what happened, and where.
    fn line(&self, message: &Message, person: &Person, facts: &Facts, with_trend: bool) -> String {
        let language = self.language;
        let severity = self.severity(message);
        let unit = facts.unit.as_str();
        // Silence is judged in minutes, standing still in hours: the sentence itself says so.
        let in_unit = if matches!(facts.kind.as_str(), "silent" | "stuck") { "" } else { unit };
        let (value, threshold) = (figure(facts.value, in_unit), figure(facts.threshold, in_unit));
        let quantity = language.say(&format!("quantity.{}", facts.quantity), &[]);
        let what = language.say(
            &self.known("kind", &facts.kind),
            &[
                ("quantity", &quantity),
                ("value", &value),
                ("unit", unit),
                ("severity", &severity),
                ("threshold", &threshold),
            ],
        );
        let trend = if with_trend { self.trend(facts, unit) } else { String::new() };
        let channel = language.say(&format!("channel.{}", facts.channel), &[]);
        language.say(
            &self.known("line", &message.template),
            &[
                ("mark", &self.mark(facts)),
                ("severity", &severity),
                ("town", facts.town(language)),
                ("station", facts.station(language)),
                ("what", &what),
                ("trend", &trend),
                ("asked", facts.asked(language)),
                ("waited_min", &facts.waited_min.unwrap_or(0).to_string()),
                ("reason", &facts.reason),
                ("person", pick(language, &person.name, &person.name_en)),
                ("channel", &channel),
            ],
        )
    }

    fn trend(&self, facts: &Facts, unit: &str) -> String {
        let trend = facts.trend_per_10min.unwrap_or(0.0);
        let is_level =
            matches!(facts.quantity.as_str(), "level" | "depth") && facts.kind.starts_with("level");
        let key = match trend {
            t if is_level && t >= 0.005 => "trend.up",
            t if is_level && t <= -0.005 => "trend.down",
            _ => return String::new(),
        };
        self.language.say(key, &[("trend", &figure(trend, unit)), ("unit", unit)])
    }

    /// The key of a kind or template that has words, or the general one.
    fn known(&self, group: &str, name: &str) -> String {
        let key = format!("{group}.{name}");
        if self.language.template(&key).is_some() { key } else { format!("{group}.other") }
    }

    fn call(&self, person: &Person, line: &str) -> String {
        let name = pick(self.language, &person.name, &person.name_en);
        self.language.say("many.call", &[("person", name), ("line", line)])
    }

    fn mark(&self, facts: &Facts) -> String {
        if facts.synthetic { self.language.say("mark.synthetic", &[]) } else { String::new() }
    }

    fn severity(&self, message: &Message) -> String {
        self.language.say(&format!("severity.{}", message.severity.code()), &[])
    }

    fn link(&self, message: &Message, person: &Person) -> String {
        let desk = matches!(person.role, Role::Dispatcher | Role::Administrator);
        match message.order {
            Some(order) if desk => format!("{}/orders/{order}", self.public_url),
            Some(order) => format!("{}/phone/orders/{order}", self.public_url),
            None => format!("{}/phone", self.public_url),
        }
    }

    /// Which messages the text stands for: `M12-M15 M20`.
    fn ids(&self, ids: &[MessageId]) -> String {
        let (ranges, whole) = ranges(ids);
        if whole {
            return self.language.say("ids", &[("ids", &ranges)]);
        }
        self.language.say("ids.more", &[("ids", &ranges), ("count", &ids.len().to_string())])
    }
}

/// Ascending ranges of message numbers, and whether all are in it.
fn ranges(ids: &[MessageId]) -> (String, bool) {
    let mut sorted: Vec<i64> = ids.iter().map(|id| id.0).collect();
    sorted.sort_unstable();
    sorted.dedup();
    let mut text = String::new();
    let mut rest = sorted.as_slice();
    while let Some((first, _)) = rest.split_first() {
        let run = rest.iter().zip(0..).take_while(|(id, n)| **id == first + n).count();
        let (run, after) = rest.split_at(run);
        let mut part = if text.is_empty() { format!("M{first}") } else { format!(" M{first}") };
        if let Some(last) = run.last().filter(|last| *last != first) {
            let _ = write!(part, "-M{last}");
        }
        if text.len() + part.len() > MAX_IDS {
            return (text, false);
        }
        text.push_str(&part);
        rest = after;
    }
    (text, true)
}

/// `head` and `tail` when they fit together.
fn cut(head: &str, tail: &str, size: Size) -> Option<String> {
    let whole = format!("{head}{tail}");
    size.fits(&whole).then_some(whole)
}

/// `head` shortened until it fits with `tail`; of a tail that is itself too long, its beginning.
fn shorten(head: &str, tail: &str, size: Size) -> String {
    if let Some(whole) = cut(head, tail, size) {
        return whole;
    }
    let ends: Vec<usize> = head.char_indices().map(|(at, _)| at).collect();
    let fits = |end: usize| head.get(..end).and_then(|h| cut(h, &format!("…{tail}"), size));
    let kept = ends.partition_point(|end| fits(*end).is_some());
    if let Some(text) = kept.checked_sub(1).and_then(|i| ends.get(i)).and_then(|end| fits(*end)) {
        return text;
    }
    let ends: Vec<usize> = tail.char_indices().map(|(at, _)| at).chain([tail.len()]).collect();
    let kept = ends.partition_point(|end| tail.get(..*end).is_some_and(|t| size.fits(t)));
    kept.checked_sub(1).and_then(|i| ends.get(i)).and_then(|end| tail.get(..*end)).unwrap_or("").to_owned()
}

/// A figure as people read it: centimetres for metres, tenths for millimetres.
fn figure(value: f64, unit: &str) -> String {
    let text = match unit {
        "m" | "m3/s" | "V" => format!("{value:.2}"),
        "mm" => format!("{value:.1}"),
        _ => {
            let text = format!("{value:.2}");
            text.trim_end_matches('0').trim_end_matches('.').to_owned()
        }
    };
    if text.trim_start_matches('-').chars().all(|c| matches!(c, '0' | '.')) {
        text.trim_start_matches('-').to_owned()
    } else {
        text
    }
}

#[cfg(test)]
mod tests;
