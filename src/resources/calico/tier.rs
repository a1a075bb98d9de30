//! Tiers (calico.md 1.4).

use crate::decode::{Field, Fields};
use crate::resources::name::NameForm;
use crate::resources::object::{self, Form, Metadata, Place, Scope};
use crate::terms::TierDefault;

const FORM: Form = Form {
    kind: "Tier",
    scope: Scope::Cluster,
    name: NameForm::Label,
};

/// A tier.
#[derive(Debug, Clone, PartialEq)]
pub struct Tier {
    /// Which object.
    pub metadata: Metadata,
    /// Its place among the tiers; none is after every number.
    pub order: Option<f64>,
    /// What its end does.
    pub default_action: TierDefault,
}

/// Tiers whose place and end Calico has fixed; the last two are the names up to 3.31.
const FIXED: [(&str, u32, TierDefault); 5] = [
    ("default", 1_000_000, TierDefault::Deny),
    ("kube-admin", 1_000, TierDefault::Pass),
    ("kube-baseline", 10_000_000, TierDefault::Pass),
    ("adminnetworkpolicy", 1_000, TierDefault::Pass),
    ("baselineadminnetworkpolicy", 10_000_000, TierDefault::Pass),
];

impl Tier {
    pub(in crate::resources) fn decode(root: &Field<'_, '_>, place: Place) -> Option<Self> {
        const ENDS: [(&str, TierDefault); 2] =
            [("Deny", TierDefault::Deny), ("Pass", TierDefault::Pass)];
        let root = object::strict(root)?;
        let metadata = FORM.decode(&root, place);
        let mut tier = Self {
            metadata: metadata?,
            order: None,
            default_action: TierDefault::Deny,
        };
        let Some(spec) = root.get("spec") else {
            return check_fixed(&root, &tier).then_some(tier);
        };
        let spec = spec.object(&["order", "defaultAction"])?;
        tier.order = spec.get("order").and_then(|order| order.number());
        if let Some(end) = spec.get("defaultAction") {
            tier.default_action = end.one_of(&ENDS)?;
        }
        check_fixed(&root, &tier).then_some(tier)
    }
}

fn check_fixed(root: &Fields<'_, '_>, tier: &Tier) -> bool {
    let name = tier.metadata.id.name.as_str();
    let Some((_, order, end)) = FIXED.iter().find(|(fixed, ..)| *fixed == name) else {
        return true;
    };
    let is_right = tier.order == Some(f64::from(*order)) && tier.default_action == *end;
    if !is_right {
        let help = format!("write `order: {order}` and `defaultAction: {end:?}`, or remove it");
        let at = root.get("spec").unwrap_or(root.here());
        at.error(
            "fixed-tier",
            format!("tier `{name}` has a fixed place and end"),
            &help,
        );
    }
    is_right
}
