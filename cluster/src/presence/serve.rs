//! Works off what waits for Redis, on the thread that has the connections.

use std::collections::BTreeSet;
use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};

use downbeat_presence::PresenceError;

use super::Work;
use super::desk::{Answers, Request};
use super::flights::Flights;
use super::store::{Channels, Store};
use super::wire;

/// Requests that Redis works on at once: enough to fill the time that one takes on its way. The
/// others wait where they are bounded.
const FLIGHTS_MAX: usize = 64;
/// Messages that are taken before the thread's other tasks have their turn.
const MESSAGES_AT_ONCE: usize = 128;

/// Works off all that is asked of the presence, until the presence is closed.
pub async fn serve(work: Work, store: impl Store, channels: impl Channels) {
    let server = Server {
        work: &work,
        store: &store,
        channels: &channels,
    };
    let mut asked = Flights::new();
    // Each belongs to a subscription, and ends with it: they are bounded as those are, and may all
    // wait for a server that is away.
    let mut hearings = Flights::new();
    let mut subscribed = BTreeSet::new();
    let mut next = pin!(channels.next());
    poll_fn(|context| {
        if work.desk.is_over() {
            return Poll::Ready(());
        }
        // Before the looks: what comes after them wakes.
        work.desk.wake_with(context.waker());
        loop {
            server.follow(&mut subscribed);
            let has_begun = server.begin(&mut asked, &mut hearings);
            let has_landed = asked.poll(context);
            hearings.poll(context);
            if !has_begun && !has_landed {
                break;
            }
        }
        for _ in 0..MESSAGES_AT_ONCE {
            if !server.hear(&mut next, context) {
                return Poll::Pending;
            }
            next.set(channels.next());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

struct Server<'a, S, C> {
    work: &'a Work,
    store: &'a S,
    channels: &'a C,
}

impl<'a, S: Store, C: Channels> Server<'a, S, C> {
    /// Hears the topics that somebody hears.
    fn follow(&self, subscribed: &mut BTreeSet<Arc<str>>) {
        for (topic, is_heard) in self.work.desk.take_touched() {
            let channel = self.work.names.channel(&topic);
            if is_heard && subscribed.insert(Arc::clone(&topic)) {
                self.channels.subscribe(&channel);
            }
            if !is_heard && subscribed.remove(&topic) {
                self.channels.unsubscribe(&channel);
            }
        }
    }

    /// Begins what waits, as far as there is room; whether there was something.
    fn begin(&self, asked: &mut Flights<'a>, hearings: &mut Flights<'a>) -> bool {
        let mut has_begun = false;
        while asked.len() < FLIGHTS_MAX
            && let Some(request) = self.work.desk.next()
        {
            has_begun = true;
            let (work, store) = (self.work, self.store);
            match request {
                Request::Ask(key, operation, answer) => asked.push(async move {
                    let (key, max) = (work.names.key(&key), work.members_max);
                    // Whoever asked may have given up.
                    let _ = answer.send(wire::ask(store, &key, operation, max).await);
                }),
                Request::Publish(topic, payload, answer) => asked.push(async move {
                    let channel = work.names.channel(&topic);
                    let published = store.publish(&channel, &payload).await;
                    let published =
                        published.map_err(|error| wire::refusal(&error, work.members_max));
                    let _ = answer.map(|answer| answer.send(published));
                }),
                Request::Heard(topic, answer) => {
                    let channel = work.names.channel(&topic);
                    hearings.push(hearing(self.channels, channel, answer));
                }
            }
        }
        has_begun
    }

    /// Tells what came, if something did.
    fn hear(
        &self,
        next: &mut Pin<&mut impl Future<Output = (C::Bytes, C::Bytes)>>,
        context: &mut Context<'_>,
    ) -> bool {
        let Poll::Ready((channel, payload)) = next.as_mut().poll(context) else {
            return false;
        };
        if let Some(topic) = self.work.names.topic(channel.as_ref()) {
            self.work.desk.tell_ears(topic, payload.as_ref());
        }
        true
    }
}

/// Answers when a channel is heard; ends when nobody waits for that any more.
async fn hearing(channels: &impl Channels, channel: Vec<u8>, mut answer: Answers<()>) {
    let mut heard = pin!(channels.heard(&channel));
    let heard = poll_fn(|context| match answer.poll_canceled(context) {
        Poll::Ready(()) => Poll::Ready(None),
        Poll::Pending => heard.as_mut().poll(context).map(Some),
    });
    let heard = match heard.await {
        None => return,
        Some(true) => Ok(()),
        Some(false) => Err(PresenceError::Unavailable(
            "the topic is heard no more".to_owned(),
        )),
    };
    let _ = answer.send(heard);
}
