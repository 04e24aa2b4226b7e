//! What is around the rooms of a thread.
//!
//! A room is made by its type alone and carries nothing from outside, so that it can be frozen: what
//! it needs of its surroundings has to be around it. A shard puts it around its thread, a test room
//! around each of its calls.

use std::any::{Any, TypeId};
use std::cell::RefCell;
use std::collections::BTreeMap;

thread_local! {
    static AROUND: RefCell<BTreeMap<TypeId, Box<dyn Any>>> = const { RefCell::new(BTreeMap::new()) };
}

/// Puts something around the rooms of this thread, in place of what there was of this type.
pub fn surround<T: Clone + 'static>(what: T) {
    let former = put(TypeId::of::<T>(), Some(Box::new(what)));
    // Not while the map is borrowed: it may do anything when it is dropped.
    drop(former);
}

/// Puts something around the rooms of this thread for as long as `run` runs.
pub fn surrounded<T: Clone + 'static, R>(what: T, run: impl FnOnce() -> R) -> R {
    let place = TypeId::of::<T>();
    let former = put(place, Some(Box::new(what)));
    let _restore = Restore { place, former };
    run()
}

/// What is around the rooms of this thread; none where nobody put anything of this type.
pub fn around<T: Clone + 'static>() -> Option<T> {
    AROUND.with_borrow(|around| {
        let what = around.get(&TypeId::of::<T>())?;
        what.downcast_ref::<T>().cloned()
    })
}

/// Also when a room panics in between.
struct Restore {
    place: TypeId,
    former: Option<Box<dyn Any>>,
}

impl Drop for Restore {
    fn drop(&mut self) {
        drop(put(self.place, self.former.take()));
    }
}

fn put(place: TypeId, what: Option<Box<dyn Any>>) -> Option<Box<dyn Any>> {
    AROUND.with_borrow_mut(|around| match what {
        Some(what) => around.insert(place, what),
        None => around.remove(&place),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_around_is_around_again() {
        assert_eq!(around::<u8>(), None);
        surround(1_u8);
        surround("one");
        surrounded(2_u8, || {
            assert_eq!((around::<u8>(), around::<&str>()), (Some(2), Some("one")));
            let panicked = crate::guard::guarded(|| surrounded(3_u8, || panic!("on purpose")));
            assert!(panicked.is_err());
            assert_eq!(around::<u8>(), Some(2));
        });
        assert_eq!(around::<u8>(), Some(1));
        let other = std::thread::spawn(around::<u8>).join();
        assert_eq!(other.ok(), Some(None), "each thread has its own");
    }
}
