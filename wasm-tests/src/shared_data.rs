//! Shared data and queues: one key space per `vm_id`, common to all VMs of the process.

use std::collections::{BTreeMap, VecDeque};

use crate::abi::Status;

#[derive(Debug, Default)]
pub(crate) struct SharedData {
    values: BTreeMap<(String, Vec<u8>), (Vec<u8>, u32)>,
    last_cas: u32,
}

impl SharedData {
    pub(crate) fn get(&self, vm_id: &str, key: &[u8]) -> Option<(Vec<u8>, u32)> {
        self.values.get(&(vm_id.to_owned(), key.to_vec())).cloned()
    }

    /// As in Envoy: `cas` 0 is unconditional, and for a key that does not exist **`cas` is ignored**.
    pub(crate) fn set(
        &mut self,
        vm_id: &str,
        key: &[u8],
        value: &[u8],
        cas: u32,
    ) -> Result<(), Status> {
        let key = (vm_id.to_owned(), key.to_vec());
        if let Some((_, current)) = self.values.get(&key)
            && cas != 0
            && cas != *current
        {
            return Err(Status::CasMismatch);
        }
        self.last_cas = self.last_cas.checked_add(1).unwrap_or(1);
        self.values.insert(key, (value.to_vec(), self.last_cas));
        Ok(())
    }
}

#[derive(Debug, Default)]
pub(crate) struct SharedQueues {
    tokens: BTreeMap<(String, Vec<u8>), u32>,
    queues: BTreeMap<u32, Queue>,
    ready: VecDeque<QueueReady>,
}

#[derive(Debug)]
struct Queue {
    /// The VM that registered last; only its root hears of new items.
    vm: u64,
    root: u32,
    items: VecDeque<Vec<u8>>,
}

/// A root that is to hear of a new item.
#[derive(Clone, Copy, Debug)]
pub(crate) struct QueueReady {
    pub(crate) vm: u64,
    pub(crate) root: u32,
    pub(crate) token: u32,
}

impl SharedQueues {
    pub(crate) fn register(&mut self, vm_id: &str, name: &[u8], vm: u64, root: u32) -> u32 {
        let next = u32::try_from(self.tokens.len())
            .unwrap_or(u32::MAX)
            .saturating_add(1);
        let token = *self
            .tokens
            .entry((vm_id.to_owned(), name.to_vec()))
            .or_insert(next);
        let items = self
            .queues
            .remove(&token)
            .map(|queue| queue.items)
            .unwrap_or_default();
        self.queues.insert(token, Queue { vm, root, items });
        token
    }

    pub(crate) fn resolve(&self, vm_id: &str, name: &[u8]) -> Option<u32> {
        self.tokens.get(&(vm_id.to_owned(), name.to_vec())).copied()
    }

    pub(crate) fn enqueue(&mut self, token: u32, item: &[u8]) -> Result<(), Status> {
        let queue = self.queues.get_mut(&token).ok_or(Status::NotFound)?;
        queue.items.push_back(item.to_vec());
        self.ready.push_back(QueueReady {
            vm: queue.vm,
            root: queue.root,
            token,
        });
        Ok(())
    }

    pub(crate) fn dequeue(&mut self, token: u32) -> Result<Vec<u8>, Status> {
        let queue = self.queues.get_mut(&token).ok_or(Status::NotFound)?;
        queue.items.pop_front().ok_or(Status::Empty)
    }

    pub(crate) fn next_ready(&mut self) -> Option<QueueReady> {
        self.ready.pop_front()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cas_is_ignored_for_a_missing_key() {
        let mut data = SharedData::default();
        assert_eq!(data.set("vm", b"k", b"1", 77), Ok(()));
        assert_eq!(data.set("vm", b"k", b"2", 77), Err(Status::CasMismatch));
        let (value, cas) = data.get("vm", b"k").unwrap();
        assert_eq!(value, b"1");
        assert_eq!(data.set("vm", b"k", b"3", cas), Ok(()));
        assert_eq!(data.set("vm", b"k", b"4", 0), Ok(()));
        assert_eq!(data.get("other", b"k"), None);
    }

    #[test]
    fn a_queue_keeps_its_items_when_registered_again() {
        let mut queues = SharedQueues::default();
        let token = queues.register("vm", b"q", 1, 1);
        assert_eq!(queues.enqueue(token, b"x"), Ok(()));
        assert_eq!(queues.register("vm", b"q", 2, 1), token);
        assert_eq!(queues.dequeue(token), Ok(b"x".to_vec()));
        assert_eq!(queues.dequeue(token), Err(Status::Empty));
        assert_eq!(queues.dequeue(token + 1), Err(Status::NotFound));
        assert_eq!(queues.next_ready().map(|ready| ready.vm), Some(1));
    }
}
