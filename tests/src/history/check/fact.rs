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
    off: Vec<Span>,
}

#[derive(Debug, Clone, Copy)]
struct On {
    span: Span,
    /// it ends by itself before this event
    until: Position,
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
        self.off.push(span);
    }

    /// Returns whether the fact may have held at some moment of a time.
    pub(super) fn may_hold(&self, from: Position, to: Position) -> bool {
        let is_over = |on: &On| self.off.iter().any(|off| off.certain && off.began > on.span.ended && off.ended < from);
        self.on.iter().any(|on| on.span.began <= to && on.until > from && !is_over(on))
    }

    /// Returns whether the fact held during a whole time.
    pub(super) fn holds(&self, from: Position, to: Position) -> bool {
        let may_end = |on: &On| self.off.iter().any(|off| off.ended > on.span.began && off.began <= to);
        self.on.iter().any(|on| on.span.certain && on.span.ended < from && on.until > to && !may_end(on))
    }
}
