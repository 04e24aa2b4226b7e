//! What rooms and programs of a game tell each other.

use downbeat_presence::{Presence, PresenceError, check_key, check_message};

use super::Ctx;
use crate::room::Room;
use crate::surroundings::around;

impl<R: Room> Ctx<R> {
    /// Sets, hashes, counters and topics that all rooms and programs of the game share, for use in
    /// [`spawn`](Self::spawn): a hook does not wait.
    ///
    /// ```
    /// # extern crate downbeat_core as downbeat;
    /// use downbeat::{Ctx, Room};
    ///
    /// fn count_win<R: Room<Event = String>>(ctx: &mut Ctx<R>) {
    ///     let wins = ctx.presence().counter("wins");
    ///     ctx.spawn(wins.increment(1), |_room, wins, ctx| match wins {
    ///         Ok(wins) => ctx.broadcast(&format!("{wins} wins on all servers")),
    ///         Err(error) => ctx.broadcast(&format!("won, but not counted: {error}")),
    ///     });
    /// }
    /// ```
    ///
    /// In a replay there is none: whatever is asked of it fails.
    #[allow(clippy::unused_self, reason = "it is this room that has it around")]
    pub fn presence(&self) -> Presence {
        around().unwrap_or_else(Presence::nowhere)
    }

    /// Hears a topic from now on: what is published to it, by rooms and programs of all nodes, comes
    /// to [`on_message`](Room::on_message) with the tick that follows, as far as
    /// `topic_messages_max` allows. Nothing happens if it is heard already.
    ///
    /// It belongs to the room as its timers do: a room that moves, or comes back from a checkpoint,
    /// still hears it. What is published in between is lost, and so may be what is published before
    /// the node knows that somebody hears the topic: some milliseconds where nodes share a store.
    ///
    /// ```
    /// # extern crate downbeat_core as downbeat;
    /// # use downbeat::testing::TestRoom;
    /// # use downbeat::{Ctx, NoOptions, Reject, Replicate, Room, SessionId};
    /// # #[derive(Replicate, serde::Serialize, serde::Deserialize)]
    /// # struct Hall {}
    /// impl Room for Hall {
    /// #   type Options = NoOptions;
    /// #   type Input = String;
    /// #   type Timer = ();
    ///     type Event = String;
    ///     // …
    ///     fn on_create(_: NoOptions, ctx: &mut Ctx<Self>) -> Result<Self, Reject> {
    ///         ctx.subscribe("news")?;
    ///         Ok(Self {})
    ///     }
    ///     fn on_input(&mut self, _: SessionId, news: String, ctx: &mut Ctx<Self>) {
    ///         // It comes to this room too.
    ///         let _ = ctx.publish("news", news.as_bytes());
    ///     }
    ///     fn on_message(&mut self, _topic: &str, payload: &[u8], ctx: &mut Ctx<Self>) {
    ///         ctx.broadcast(&String::from_utf8_lossy(payload).into_owned());
    ///     }
    /// }
    ///
    /// let mut one = TestRoom::<Hall>::new(7, ());
    /// let mut other = one.beside::<Hall>(8, ());
    /// let (ann, bob) = (one.join(), other.join());
    /// one.tick(1);
    /// one.send(ann, &"the gate is open".to_owned());
    /// one.tick(2);
    /// other.tick(1);
    /// assert_eq!(one.events(ann), ["the gate is open"]);
    /// assert_eq!(other.events(bob), ["the gate is open"]);
    /// ```
    ///
    /// # Errors
    /// [`PresenceError`] at `topics_max`, or if the topic is too long.
    pub fn subscribe(&mut self, topic: &str) -> Result<(), PresenceError> {
        let checked = check_key(&self.limits, "a topic", topic);
        self.counted(checked)?;
        let max = self.limits.topics_max;
        if !self.topics.hears(topic) && self.topics.len() as u64 >= max {
            let (what, limit) = ("topics of the room", "topics_max");
            return self.counted(Err(PresenceError::TooMany { what, max, limit }));
        }
        self.topics.add(topic);
        Ok(())
    }

    /// Hears a topic no more, from now on. False: it was not heard.
    pub fn unsubscribe(&mut self, topic: &str) -> bool {
        self.topics.remove(topic)
    }

    /// The topics that the room hears.
    pub fn topics(&self) -> impl Iterator<Item = &str> {
        self.topics.iter()
    }

    /// Sends a message to all rooms and programs that hear the topic, this room included; it goes
    /// out with what the tick says to clients. Nothing to wait for: it needs no future, so that
    /// the room can be frozen and recorded all the time.
    ///
    /// # Errors
    /// [`PresenceError`] if the topic or the message is too large. What is beyond `events_bytes_max`
    /// is dropped and counted, as an event is.
    pub fn publish(&mut self, topic: &str, payload: &[u8]) -> Result<(), PresenceError> {
        let checked = check_message(&self.limits, topic, payload);
        self.counted(checked)?;
        if self.admits_words(payload.len() as u64) {
            self.counters.published += 1;
            self.published.push(topic, payload);
        }
        Ok(())
    }

    fn counted(&mut self, done: Result<(), PresenceError>) -> Result<(), PresenceError> {
        let counters = &mut self.counters;
        match done.as_ref().err().and_then(PresenceError::limit) {
            Some("topics_max") => counters.topics_refused += 1,
            Some("presence_key_bytes_max") => counters.topics_too_long += 1,
            Some("presence_message_bytes_max") => counters.published_too_large += 1,
            _ => {}
        }
        done
    }
}
