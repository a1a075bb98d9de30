//! A directory in a compiled program: what it was made of, and no index that can be made again.

use super::pods::{Addresses, PodEntry};
use super::{Directory, NetworkSet, There};
use crate::model::labels::{Inherited, SetLabels};
use crate::reader::{Read, Reader};
#[cfg(feature = "compiler")]
use crate::terms::NamedPort;
#[cfg(feature = "compiler")]
use ipnet::IpNet;
#[cfg(feature = "compiler")]
use serde::{Serialize, Serializer};
#[cfg(feature = "compiler")]
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;

/// Labels as they are sent: in order.
#[cfg(feature = "compiler")]
type Labels = Vec<(String, String)>;

/// A directory as it is sent.
#[cfg(feature = "compiler")]
#[derive(Serialize)]
struct Sent {
    namespaces: Vec<(String, Labels)>,
    service_accounts: Vec<(String, String, Labels)>,
    workloads: Vec<Workload>,
    /// Which workloads are at an address.
    addresses: Vec<(IpAddr, Vec<usize>)>,
    pods: Vec<Pod>,
    /// Which nodes have an address.
    nodes: Vec<(IpAddr, Vec<u32>)>,
    sets: Vec<Set>,
}

/// Pods that are alike; what they inherit is looked up again.
#[cfg(feature = "compiler")]
#[derive(Serialize)]
struct Workload {
    namespace: String,
    service_account: String,
    labels: Labels,
    named_ports: Vec<NamedPort>,
}

#[cfg(feature = "compiler")]
#[derive(Serialize)]
struct Pod {
    namespace: String,
    name: String,
    workload: usize,
    addresses: Vec<IpAddr>,
    node_addresses: Vec<IpAddr>,
    host_network: bool,
}

#[cfg(feature = "compiler")]
#[derive(Serialize)]
struct Set {
    labels: Labels,
    /// The labels of its namespace; none for a set of the whole cluster.
    namespace: Labels,
    nets: Vec<IpNet>,
}

#[cfg(feature = "compiler")]
impl Serialize for Directory {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let namespaces = self.namespaces.iter();
        let accounts = self.service_accounts.iter();
        let addresses = self.by_address.iter();
        // Numbers of classes may have gaps; places in the list have none.
        let places = self.classes.all().enumerate();
        let places: BTreeMap<u32, usize> = places.map(|(place, (id, _))| (id, place)).collect();
        let place = |id: &u32| places.get(id).copied();
        let pod = |(namespace, name, pod): (&str, &str, &PodEntry)| {
            Some(Pod {
                namespace: namespace.to_owned(),
                name: name.to_owned(),
                workload: place(&pod.class)?,
                addresses: pod.addresses.as_slice().to_vec(),
                node_addresses: pod.node_addresses.as_slice().to_vec(),
                host_network: pod.host_network,
            })
        };
        let sent = Sent {
            namespaces: namespaces
                .map(|(name, labels)| (name.clone(), sent(labels)))
                .collect(),
            service_accounts: accounts
                .map(|((namespace, name), labels)| (namespace.clone(), name.clone(), sent(labels)))
                .collect(),
            workloads: self
                .classes
                .all()
                .map(|(_, one)| Workload::of(one))
                .collect(),
            addresses: addresses
                .map(|(address, there)| {
                    let there = there.classes();
                    (*address, there.filter_map(|id| place(&id)).collect())
                })
                .collect(),
            pods: self.pods.all().filter_map(pod).collect(),
            nodes: self
                .nodes
                .iter()
                .map(|(address, there)| (*address, there.classes().collect()))
                .collect(),
            sets: self.sets.iter().map(Set::of).collect(),
        };
        sent.serialize(serializer)
    }
}

#[cfg(feature = "compiler")]
fn sent(labels: &SetLabels) -> Labels {
    labels.clone().into_tuple_vec()
}

#[cfg(feature = "compiler")]
impl Workload {
    fn of(workload: &super::Workload) -> Self {
        Self {
            namespace: workload.namespace.clone(),
            service_account: workload.service_account.clone(),
            labels: sent(&workload.labels.own),
            named_ports: workload.named_ports.clone(),
        }
    }
}

#[cfg(feature = "compiler")]
impl Set {
    fn of(set: &NetworkSet) -> Self {
        Self {
            labels: sent(&set.labels.own),
            namespace: sent(&set.labels.namespace),
            nets: set.nets.clone(),
        }
    }
}

impl Read for Directory {
    fn read(from: &mut Reader<'_>) -> Self {
        let mut directory = Self::default();
        directory.read_inherited(from);
        let mut classes = Vec::new();
        from.each(|from| {
            let (namespace, service_account): (String, String) = from.read();
            let labels = from.read();
            let known = directory.workload(&namespace, &service_account, &labels, from.read());
            classes.push(directory.classes.join(known));
        });
        // What was said of no workload is refused; a number stands in.
        let class = |from: &mut Reader<'_>| {
            let class = classes.get(from.read::<usize>()).copied();
            class.unwrap_or_else(|| from.refuse(0))
        };
        from.each(|from| {
            let address = from.read();
            let mut there = Vec::new();
            from.each(|from| there.push((class(from), 1)));
            let there = match there.as_slice() {
                [(only, _)] => There::One(*only),
                _ => There::Several(there),
            };
            directory.by_address.insert(address, there);
        });
        from.each(|from| {
            let (namespace, name): (String, String) = from.read();
            let entry = PodEntry {
                class: class(from),
                stamp: None,
                addresses: Addresses::new(&from.read::<Vec<IpAddr>>()),
                node_addresses: Addresses::new(&from.read::<Vec<IpAddr>>()),
                host_network: from.read(),
            };
            directory.pods.insert(&namespace, &name, entry);
        });
        from.each(|from| {
            let (address, numbers): (_, Vec<u32>) = from.read();
            let numbers = numbers.into_iter().map(|number| (number, 1)).collect();
            directory.nodes.insert(address, There::Several(numbers));
        });
        from.each(|from| {
            let (own, namespace): (_, SetLabels) = from.read();
            let labels = Inherited {
                own,
                namespace: Arc::new(namespace),
                ..Inherited::default()
            };
            let nets = from.read();
            directory.insert_set(NetworkSet { labels, nets });
        });
        directory
    }
}

impl Directory {
    /// Reads the labels that pods and network sets inherit.
    fn read_inherited(&mut self, from: &mut Reader<'_>) {
        from.each(|from| {
            let (name, labels): (_, SetLabels) = from.read();
            if self.namespaces.try_append(name, Arc::new(labels)).is_some() {
                from.refuse(());
            }
        });
        from.each(|from| {
            let (name, labels): (_, SetLabels) = (from.read(), from.read());
            let accounts = &mut self.service_accounts;
            if accounts.try_append(name, Arc::new(labels)).is_some() {
                from.refuse(());
            }
        });
    }
}
