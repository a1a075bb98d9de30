//! A directory in a compiled program: what it was made of, and no index that can be made again.

use super::pods::{Addresses, PodEntry};
use super::{Directory, NetworkSet, There};
use crate::gather;
use crate::model::labels::{Inherited, SetLabels};
use crate::terms::NamedPort;
use ipnet::IpNet;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;

/// Labels as they are sent: in order.
type Labels = Vec<(String, String)>;

/// A directory as it is sent: what is named is in order.
#[derive(Serialize, Deserialize)]
struct Sent {
    namespaces: Vec<(String, Labels)>,
    service_accounts: Vec<(String, String, Labels)>,
    workloads: Vec<Workload>,
    /// Which workloads are at an address.
    addresses: Vec<(IpAddr, Vec<usize>)>,
    pods: Vec<Pod>,
    nodes: Vec<IpAddr>,
    sets: Vec<Set>,
}

/// Pods that are alike; what they inherit is looked up again.
#[derive(Serialize, Deserialize)]
struct Workload {
    namespace: String,
    service_account: String,
    labels: Labels,
    named_ports: Vec<NamedPort>,
}

#[derive(Serialize, Deserialize)]
struct Pod {
    namespace: String,
    name: String,
    workload: usize,
    addresses: Vec<IpAddr>,
    node_addresses: Vec<IpAddr>,
    host_network: bool,
}

#[derive(Serialize, Deserialize)]
struct Set {
    labels: Labels,
    /// The labels of its namespace; none for a set of the whole cluster.
    namespace: Labels,
    nets: Vec<IpNet>,
}

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
            nodes: self.nodes.keys().copied().collect(),
            sets: self.sets.iter().map(Set::of).collect(),
        };
        sent.serialize(serializer)
    }
}

fn sent(labels: &SetLabels) -> Labels {
    labels.clone().into_tuple_vec()
}

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

impl Set {
    fn of(set: &NetworkSet) -> Self {
        Self {
            labels: sent(&set.labels.own),
            namespace: sent(&set.labels.namespace),
            nets: set.nets.clone(),
        }
    }
}

impl<'de> Deserialize<'de> for Directory {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let sent = Sent::deserialize(deserializer)?;
        let wrong = || D::Error::custom("is not in order, or names a workload that is not in it");
        Self::gather(sent).ok_or_else(wrong)
    }
}

impl Directory {
    /// The directory that was sent; none if something in it is said of no workload in it,
    /// or is not in order.
    fn gather(sent: Sent) -> Option<Self> {
        let mut directory = Self::default();
        for (name, labels) in sent.namespaces {
            let labels = Arc::new(gather::sent(labels)?);
            let refused = directory.namespaces.try_append(name, labels);
            refused.is_none().then_some(())?;
        }
        for (namespace, name, labels) in sent.service_accounts {
            let name = (namespace, name);
            let labels = Arc::new(gather::sent(labels)?);
            let refused = directory.service_accounts.try_append(name, labels);
            refused.is_none().then_some(())?;
        }
        let mut classes = Vec::new();
        for workload in sent.workloads {
            let Workload {
                namespace,
                service_account,
                labels,
                named_ports,
            } = workload;
            let labels = gather::sent(labels)?;
            let known = directory.workload(&namespace, &service_account, &labels, named_ports);
            classes.push(directory.classes.join(known));
        }
        for (address, workloads) in sent.addresses {
            let there = workloads.into_iter();
            let there: Option<Vec<_>> = there.map(|place| classes.get(place).copied()).collect();
            let there = match there?.as_slice() {
                [only] => There::One(*only),
                several => There::Several(several.iter().map(|class| (*class, 1)).collect()),
            };
            directory.by_address.insert(address, there);
        }
        for pod in sent.pods {
            let entry = PodEntry {
                class: *classes.get(pod.workload)?,
                host_network: pod.host_network,
                stamp: None,
                addresses: Addresses::new(&pod.addresses),
                node_addresses: Addresses::new(&pod.node_addresses),
            };
            directory.pods.insert(&pod.namespace, &pod.name, entry);
        }
        for address in sent.nodes {
            directory.nodes.insert(address, There::Several(Vec::new()));
        }
        for set in sent.sets {
            let labels = Inherited {
                own: gather::sent(set.labels)?,
                namespace: Arc::new(gather::sent(set.namespace)?),
                ..Inherited::default()
            };
            directory.insert_set(NetworkSet {
                labels,
                nets: set.nets,
            });
        }
        Some(directory)
    }
}
