//! A TCP connection below a network filter, as the proxy holds it.

use crate::connection::Connection;
use crate::http::Guarded;

/// What the guest can see depends on this.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Moment {
    NewConnection,
    Data,
}

#[derive(Debug)]
pub(crate) struct Network {
    pub(crate) id: u32,
    pub(crate) root: u32,
    pub(crate) connection: Connection,
    pub(crate) guarded: Guarded,
    pub(crate) moment: Moment,
    pub(crate) downstream: Half,
    pub(crate) upstream: Half,
    pub(crate) created: bool,
    /// `on_new_connection` paused: the upstream is not dialled and no data is shown.
    pub(crate) held: bool,
    pub(crate) closed: bool,
}

/// The bytes of one direction.
#[derive(Debug, Default)]
pub(crate) struct Half {
    /// What the data callback sees: the chunk, and what earlier ones paused on.
    pub(crate) data: Vec<u8>,
    pub(crate) visible: bool,
    /// The end came while the connection was held.
    pub(crate) end_waits: bool,
    pub(crate) waiting: bool,
    /// What has left this filter.
    pub(crate) passed: Vec<u8>,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Way {
    Downstream,
    Upstream,
}

impl Network {
    pub(crate) fn new(id: u32, root: u32, connection: Connection, guarded: Guarded) -> Self {
        Self {
            id,
            root,
            connection,
            guarded,
            moment: Moment::NewConnection,
            downstream: Half::default(),
            upstream: Half::default(),
            created: false,
            held: false,
            closed: false,
        }
    }

    pub(crate) fn half(&self, way: Way) -> &Half {
        match way {
            Way::Downstream => &self.downstream,
            Way::Upstream => &self.upstream,
        }
    }

    pub(crate) fn half_mut(&mut self, way: Way) -> &mut Half {
        match way {
            Way::Downstream => &mut self.downstream,
            Way::Upstream => &mut self.upstream,
        }
    }
}
