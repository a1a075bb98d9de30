//! One Envoy with the listeners of a batch of scenes.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use heliast_envoy_tests::{Bootstrap, Dial, Envoy, Node, Options};

use crate::generator::Scene;
use crate::peer::{Certificates, Peer};
use crate::question::Question;
use crate::request::Request;
use crate::site;

/// How long Envoy may take over hundreds of listeners on a busy machine.
const PATIENCE: Duration = Duration::from_secs(240);

pub(crate) struct Fleet {
    kinds: Listeners,
    certificates: Arc<Certificates>,
    envoy: Envoy,
    addresses: BTreeMap<String, SocketAddr>,
}

/// Which listeners there are of each scene.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Listeners {
    /// RBAC, and the filter under test.
    Both,
    /// RBAC alone, under every reading of the policies that servers' quirks make.
    Quirks,
}

impl Listeners {
    /// Each is one listener of RBAC.
    pub(crate) fn questions(self) -> Vec<Question> {
        match self {
            Self::Both => Question::plain(),
            Self::Quirks => Question::all(),
        }
    }
}

/// What both made of a request; 0 is a connection closed without an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Statuses {
    pub(crate) native: u16,
    pub(crate) module: u16,
}

impl Fleet {
    pub(crate) async fn start(
        scenes: &[Scene],
        kinds: Listeners,
        certificates: Arc<Certificates>,
    ) -> Result<Self> {
        let mut bootstrap = Bootstrap::new(Node::default())?;
        // As in Istio's own bootstrap (istio.md 1.10): a fragment is taken off, not refused.
        bootstrap.runtime(
            "envoy.reloadable_features.http_reject_path_with_fragment",
            false,
        );
        for scene in scenes {
            let folder = bootstrap.folder().to_owned();
            for listener in site::listeners(scene, kinds, &folder, &certificates)? {
                bootstrap.listener(listener);
            }
        }
        let options = Options {
            patience: PATIENCE,
            ..Options::default()
        };
        let envoy = Envoy::start_with(bootstrap, options).await?;
        Ok(Self {
            kinds,
            certificates,
            addresses: envoy.admin().listeners().await?,
            envoy,
        })
    }

    /// Sends a request to both listeners of a scene.
    pub(crate) async fn ask(&self, scene: usize, request: &Request) -> Result<Statuses> {
        Ok(Statuses {
            native: self
                .ask_native(scene, &Question::default(), request)
                .await?,
            module: self.send(&site::module_name(scene), request).await?,
        })
    }

    /// Sends a request to Envoy's own RBAC alone, under this reading of the policies.
    pub(crate) async fn ask_native(
        &self,
        scene: usize,
        question: &Question,
        request: &Request,
    ) -> Result<u16> {
        self.send(&site::native_name(scene, question), request)
            .await
    }

    pub(crate) fn has(&self, question: &Question) -> bool {
        self.kinds.questions().contains(question)
    }

    pub(crate) fn has_quirks(&self) -> bool {
        self.kinds == Listeners::Quirks
    }

    /// No virtual machine was lost.
    pub(crate) async fn is_well(&self) -> Result<()> {
        let reloads = self.envoy.admin().stat_sum("vm_reload").await?;
        anyhow::ensure!(reloads == 0, "the module was reloaded: {reloads}");
        Ok(())
    }

    async fn send(&self, listener: &str, request: &Request) -> Result<u16> {
        let at = self.addresses.get(listener).context("no such listener")?;
        let mut dial = Dial::new(*at)
            .from(request.client)
            .announce(request.caller, request.server);
        if request.peer != Peer::Plaintext {
            let identity = self.certificates.of(request.peer)?;
            dial = dial.mutual_tls(identity, &self.certificates.authority)?;
        }
        if let Some(name) = &request.server_name {
            dial = dial.server_name(name)?;
        }
        Ok(request.status(&dial).await)
    }
}
