//! The session's thread: which event comes next, and what is done while there is none.

use super::{Session, Start};
use crate::server::event::Event;
use std::collections::VecDeque;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Duration;

/// So long after a question nobody waits any more: its answer is written, and what is asked next may be computed.
const PAUSE: Duration = Duration::from_millis(2);

/// Serves events until [`Event::Stop`].
pub(in crate::server) fn run(start: Start, events: &Receiver<Event>) {
    let mut session = Session::new(start);
    let mut queue = VecDeque::new();
    loop {
        if queue.is_empty() {
            // Before waiting, what the next question will need is read, in small parts: a message waits for one at most.
            queue.extend(events.try_iter());
            if queue.is_empty() && session.read_ahead() {
                continue;
            }
        }
        if queue.is_empty() {
            let event = match session.asked.take() {
                Some(uri) => match events.recv_timeout(PAUSE) {
                    Err(RecvTimeoutError::Timeout) => {
                        session.foresee(&uri);
                        continue;
                    }
                    event => event.ok(),
                },
                None => events.recv().ok(),
            };
            match event {
                Some(event) => queue.push_back(event),
                None => return,
            }
        }
        // All that has arrived is looked at before any of it is answered: a question about a text that has changed
        // since need not be.
        queue.extend(events.try_iter());
        match queue.pop_front() {
            None => {}
            Some(Event::Stop) => return,
            Some(event) if event.is_cancelled() || is_overtaken(&event, &queue) => {
                session.counts.overtaken += 1
            }
            Some(event) => session.survive(event),
        }
    }
}

/// Whether nobody needs the answer to a question any more: its text was edited, and the same was asked of the new text.
/// Dropping it answers empty. An edit alone is not enough: VS Code waits for the answer of a word's first letter while
/// the next ones are typed, asks anew only when it gets one, and shows no popup at all when that is empty.
fn is_overtaken(event: &Event, queue: &VecDeque<Event>) -> bool {
    let Some(place) = event.place() else {
        return false;
    };
    let mut later = queue.iter();
    later.any(|later| later.edits() == Some(&place.uri))
        && later.any(|later| {
            std::mem::discriminant(later) == std::mem::discriminant(event)
                && later.place().is_some_and(|new| new.uri == place.uri)
        })
}
