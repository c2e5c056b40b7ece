//! Facts that calls switch on and off, and what an observer can say about them.

/// Place of an event in a history.
pub(super) type Position = usize;

/// Later than every event.
pub(super) const NEVER: Position = Position::MAX;

/// The time in which a change takes effect, if it does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Span {
    /// it takes no effect before
    pub(super) began: Position,
    /// it takes no effect after; [`NEVER`] if it may take effect at any later time
    pub(super) ended: Position,
    /// whether it takes effect at all
    pub(super) certain: bool,
}

/// A fact that holds or does not, such as a binding or a membership.
#[derive(Debug, Clone, Default)]
pub(super) struct Fact {
    on: Vec<On>,
    off: Vec<Off>,
}

#[derive(Debug, Clone, Copy)]
struct On {
    span: Span,
    /// it ends by itself before this event
    until: Position,
}

#[derive(Debug, Clone, Copy)]
struct Off {
    span: Span,
    /// it ends only what may have begun before this event
    later: Position,
}

impl Fact {
    /// Adds a change that lets the fact hold.
    pub(super) fn begins(&mut self, span: Span) {
        self.begins_until(span, NEVER);
    }

    /// Adds a change that lets the fact hold before the event `until`, such as a lease.
    pub(super) fn begins_until(&mut self, span: Span, until: Position) {
        self.on.push(On { span, until });
    }

    /// Adds a change that ends the fact.
    pub(super) fn ends(&mut self, span: Span) {
        self.ends_if_before(span, NEVER);
    }

    /// Adds a change that ends the fact if it may have begun before the event `later`.
    pub(super) fn ends_if_before(&mut self, span: Span, later: Position) {
        self.off.push(Off { span, later });
    }

    /// Returns whether the fact may have held at some moment of a time.
    pub(super) fn may_hold(&self, from: Position, to: Position) -> bool {
        let is_over = |on: &On| {
            let mut certain = self.off.iter().filter(|off| off.span.certain && on.span.began < off.later);
            certain.any(|Off { span, .. }| span.began > on.span.ended && span.ended < from)
        };
        self.on.iter().any(|on| on.span.began <= to && on.until > from && !is_over(on))
    }

    /// Returns whether the fact held during a whole time.
    pub(super) fn holds(&self, from: Position, to: Position) -> bool {
        let may_end = |on: &On| {
            let mut concerned = self.off.iter().filter(|off| on.span.began < off.later);
            concerned.any(|Off { span, .. }| span.ended > on.span.began && span.began <= to)
        };
        self.on.iter().any(|on| on.span.certain && on.span.ended < from && on.until > to && !may_end(on))
    }
}
