//! Two sides compared.

use super::RowAnswer;
use super::compare_entry::{CompareHead, DifferenceEntry, KindCounts, MovedEntry, p_value, side};
use super::parts::{
    Naming, counts_spans, duration_span, interval_span, left_out_of, p_span, rate_span, ratio_span, rests_on, section,
    verdict_span,
};
use crate::analysis::{ComparedSide, DifferenceKind, DurationDifference, OutcomeDifference};
use crate::render::human;
use crate::render::page::{Block, Column, Grid, Layout, Page, Span, Tone};
use crate::service::{ComparedBy, ComparisonAnswer};

/// Every kind, with its heading and tone, in the order of a page.
const KINDS: [(DifferenceKind, &str, Tone); 10] = [
    (DifferenceKind::NewFailure, "New failures", Tone::Bad),
    (DifferenceKind::AddedFailing, "Added and failing", Tone::Bad),
    (DifferenceKind::Worse, "Fail more often", Tone::Bad),
    (DifferenceKind::StillFailing, "Still failing", Tone::Doubtful),
    (DifferenceKind::Unsteady, "Fail now and then on both sides", Tone::Doubtful),
    (DifferenceKind::Fixed, "Fixed", Tone::Good),
    (DifferenceKind::Better, "Fail less often", Tone::Good),
    (DifferenceKind::Changed, "Changed otherwise", Tone::Plain),
    (DifferenceKind::Added, "Added", Tone::Plain),
    (DifferenceKind::Removed, "Removed", Tone::Plain),
];

impl RowAnswer for ComparisonAnswer {
    const SCHEMA: &'static str = "insight.comparison/1";
    const ROWS: &'static str = "differences";
    type Head = CompareHead;
    type Row = DifferenceEntry;

    fn head(&self) -> CompareHead {
        let report = &self.report;
        let moved = report.moved.iter().map(|moved| MovedEntry {
            sut_name: moved.to.sut_name.clone(),
            from: moved.from.node_id.to_string(),
            to: moved.to.node_id.to_string(),
        });
        CompareHead {
            compared: match self.by {
                ComparedBy::Sessions => "sessions",
                ComparedBy::Suts => "suts",
                ComparedBy::Periods => "periods",
            },
            base: side(&self.base_name, &report.base),
            target: side(&self.target_name, &report.target),
            counts: self.kind_counts(),
            still_passing: report.still_passing,
            overall_ratio: report.overall_ratio.map(|(ratio, _)| ratio),
            overall_ratio_tests: report.overall_ratio.map_or(0, |(_, tests)| tests),
            too_few_durations: report.too_few_durations,
            moved: moved.collect(),
        }
    }

    fn rows(&self) -> Vec<DifferenceEntry> {
        let outcomes = self.report.outcomes.iter().map(DifferenceEntry::from);
        let durations = self.report.slower.iter().chain(&self.report.faster);
        outcomes.chain(durations.map(DifferenceEntry::of_duration)).collect()
    }

    fn to_page(&self, layout: &Layout) -> Page {
        let mut page = Page::default();
        let title = format!("{} against {}", self.target_name, self.base_name);
        page.push(Block::Heading(1, vec![Span::plain(title)]));
        page.push(Block::Line(self.verdict()));
        let (base, target) = (&self.report.base, &self.report.target);
        let faint = |side: &ComparedSide| vec![Span::new(Tone::Faint, rests_on(&side.scope, layout))];
        page.push(Block::Facts(vec![
            ("base", side_spans(base)),
            ("", faint(base)),
            ("target", side_spans(target)),
            ("", faint(target)),
        ]));
        for (kind, title, tone) in KINDS {
            let of_kind: Vec<&OutcomeDifference> =
                self.report.outcomes.iter().filter(|difference| difference.kind == kind).collect();
            if !of_kind.is_empty() {
                section(&mut page, format!("{title}: {}", of_kind.len()));
                page.push(Block::Grid(outcome_grid(self.first(&of_kind), self.naming(), tone)));
                self.say_rest(&mut page, of_kind.len());
            }
        }
        for (title, differences) in [("Slower", &self.report.slower), ("Faster", &self.report.faster)] {
            if !differences.is_empty() {
                section(&mut page, format!("{title}: {}", differences.len()));
                page.push(Block::Grid(duration_grid(self.first(differences), self.naming())));
                self.say_rest(&mut page, differences.len());
            }
        }
        self.say_moved(&mut page);
        self.say_left_out(&mut page);
        page
    }
}

impl ComparisonAnswer {
    fn kind_counts(&self) -> KindCounts {
        KindCounts {
            new_failures: self.count(DifferenceKind::NewFailure),
            added_failing: self.count(DifferenceKind::AddedFailing),
            still_failing: self.count(DifferenceKind::StillFailing),
            worse: self.count(DifferenceKind::Worse),
            better: self.count(DifferenceKind::Better),
            unsteady: self.count(DifferenceKind::Unsteady),
            fixed: self.count(DifferenceKind::Fixed),
            added: self.count(DifferenceKind::Added),
            removed: self.count(DifferenceKind::Removed),
            changed: self.count(DifferenceKind::Changed),
            slower: self.report.slower.len() as u64,
            faster: self.report.faster.len() as u64,
        }
    }

    /// Tests of two systems are held against each other by node id alone.
    fn naming(&self) -> Naming {
        match self.by {
            ComparedBy::Suts => Naming::NodeId,
            ComparedBy::Sessions | ComparedBy::Periods => Naming::of(&self.report.target.scope),
        }
    }

    /// The whole in one line.
    fn verdict(&self) -> Vec<Span> {
        let counts = self.kind_counts();
        let parts = [
            (counts.new_failures, "new failure", "new failures", Tone::Bad),
            (counts.added_failing, "added failing", "added failing", Tone::Bad),
            (counts.worse, "fails more often", "fail more often", Tone::Bad),
            (counts.still_failing, "still failing", "still failing", Tone::Doubtful),
            (counts.unsteady, "fails now and then on both sides", "fail now and then on both sides", Tone::Doubtful),
            (counts.fixed, "fixed", "fixed", Tone::Good),
            (counts.better, "fails less often", "fail less often", Tone::Good),
            (counts.changed, "changed otherwise", "changed otherwise", Tone::Plain),
            (counts.added, "added", "added", Tone::Plain),
            (counts.removed, "removed", "removed", Tone::Plain),
            (counts.slower, "slower", "slower", Tone::Bad),
            (counts.faster, "faster", "faster", Tone::Good),
            (self.report.still_passing, "passes as before", "pass as before", Tone::Good),
        ];
        let mut spans = Vec::new();
        for (number, one, many, tone) in parts.into_iter().filter(|(number, ..)| *number > 0) {
            if !spans.is_empty() {
                spans.push(Span::plain(", "));
            }
            spans.push(Span::new(tone, format!("{number} {}", if number == 1 { one } else { many })));
        }
        match spans.is_empty() {
            true if self.is_first => {
                vec![Span::plain("nothing to compare with: the first session of its system under test")]
            }
            true => vec![Span::plain("no test on either side")],
            false => spans,
        }
    }

    fn first<'a, Row>(&self, rows: &'a [Row]) -> &'a [Row] {
        rows.get(..self.shown.unwrap_or(usize::MAX).min(rows.len())).unwrap_or_default()
    }

    fn say_rest(&self, page: &mut Page, all: usize) {
        let rest = all.saturating_sub(self.shown.unwrap_or(usize::MAX));
        if rest > 0 {
            page.push(Block::Line(vec![Span::new(Tone::Faint, format!("and {rest} more; --all shows every one"))]));
        }
    }

    fn say_moved(&self, page: &mut Page) {
        if self.report.moved.is_empty() {
            return;
        }
        section(page, format!("Seem to live on under another id: {}", self.report.moved.len()));
        let line = |moved: &crate::analysis::MovedTest| {
            vec![
                Span::new(Tone::Name, moved.from.node_id.as_str()),
                Span::plain(" is now "),
                Span::new(Tone::Name, moved.to.node_id.as_str()),
            ]
        };
        page.push(Block::List(self.first(&self.report.moved).iter().map(line).collect()));
        self.say_rest(page, self.report.moved.len());
    }

    fn say_left_out(&self, page: &mut Page) {
        let report = &self.report;
        let mut lines = Vec::new();
        if let Some((ratio, tests)) = report.overall_ratio {
            let tests = human::count(tests, "test", "tests");
            lines.push(format!(
                "durations: the target takes {ratio:.2} times as long (median of {tests} that passed on both sides)"
            ));
        }
        if report.too_few_durations > 0 {
            let tests = human::count(report.too_few_durations, "test", "tests");
            lines.push(format!("left out: {tests}: fewer than 4 durations on a side, so no test of significance"));
        }
        for (name, side) in [("base", &report.base), ("target", &report.target)] {
            if !side.names_every_test {
                lines.push(format!("the {name} does not name every test that passed: what is missing there is not called added or removed"));
            }
        }
        if !lines.is_empty() {
            page.push(Block::List(lines.into_iter().map(|line| vec![Span::new(Tone::Faint, line)]).collect()));
        }
        left_out_of(page, "left out of the base", &report.base.scope);
        left_out_of(page, "left out of the target", &report.target.scope);
    }
}

fn side_spans(side: &ComparedSide) -> Vec<Span> {
    let mut spans = vec![rate_span(&side.pass_rate), Span::plain(" passed ("), interval_span(side.pass_rate.interval)];
    spans.push(Span::plain("); "));
    spans.extend(counts_spans(&side.counts));
    spans
}

fn outcome_grid(differences: &[&OutcomeDifference], naming: Naming, tone: Tone) -> Grid {
    let tested = differences.iter().any(|difference| p_value(difference.significance).is_some());
    let mut columns = naming.columns();
    // A column in which nothing is known says nothing.
    let (in_base, in_target) = (
        differences.iter().any(|difference| difference.base.is_some()),
        differences.iter().any(|difference| difference.target.is_some()),
    );
    columns.extend(in_base.then_some(Column::text("BASE")));
    columns.extend(in_target.then_some(Column::text("TARGET")));
    if tested {
        columns.extend([
            Column::number("PASSED THEN").rank(2),
            Column::number("NOW").rank(2),
            Column::number("P").rank(1),
            Column::text("").rank(3),
        ]);
    }
    let row = |difference: &&OutcomeDifference| {
        let mut cells = naming.cells(&difference.test);
        let mut target = verdict_span(difference.target);
        if difference.target.is_some() {
            target.tone = tone;
        }
        cells.extend(in_base.then(|| verdict_span(difference.base)));
        cells.extend(in_target.then_some(target));
        if tested {
            let significant = difference.significance.is_significant();
            let share = |rate: &crate::analysis::PassRate| Span::plain(super::parts::share_text(rate.ratio));
            cells.extend([
                share(&difference.base_rate),
                share(&difference.target_rate),
                p_span(p_value(difference.significance)),
                Span::new(tone, if significant { "significant" } else { "" }),
            ]);
        }
        cells
    };
    Grid { columns, rows: differences.iter().map(row).collect() }
}

fn duration_grid(differences: &[DurationDifference], naming: Naming) -> Grid {
    let mut columns = naming.columns();
    columns.extend([
        Column::number("BASE"),
        Column::number("N").rank(3),
        Column::number("TARGET"),
        Column::number("N").rank(3),
        Column::number("RATIO"),
        Column::number("P").rank(2),
    ]);
    let row = |difference: &DurationDifference| {
        let mut cells = naming.cells(&difference.test);
        cells.extend([
            duration_span(Some(difference.base)),
            Span::new(Tone::Faint, difference.base_n.to_string()),
            duration_span(Some(difference.target)),
            Span::new(Tone::Faint, difference.target_n.to_string()),
            ratio_span(difference.ratio),
            p_span(Some(difference.p_value)),
        ]);
        cells
    };
    Grid { columns, rows: differences.iter().map(row).collect() }
}
