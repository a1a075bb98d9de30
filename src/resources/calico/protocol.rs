//! Reads protocols of a rule (calico.md 4.3).

use crate::decode::Field;
use crate::resources::name::shorten;
use crate::terms::Protocol;

impl Protocol {
    /// A name in its exact spelling, or a number, which may come as text.
    pub(super) fn decode(field: &Field<'_, '_>) -> Option<Self> {
        let Some(text) = field.value().as_str() else {
            if !field.value().is_number() {
                field.error(
                    "wrong-type",
                    "must be the name or the number of a protocol",
                    "",
                );
                return None;
            }
            return Some(Self(
                u8::try_from(field.integer(1, u32::from(u8::MAX))?).ok()?,
            ));
        };
        let named = Self::NAMES
            .iter()
            .find(|(name, _)| *name == text)
            .map(|(_, protocol)| *protocol);
        let protocol = named.or_else(|| number(text));
        if protocol.is_none() {
            let names = Self::NAMES.map(|(name, _)| name);
            let message = format!("unknown protocol `{}`", shorten(text));
            let help = crate::suggest::nearest(text, names).map_or_else(
                || {
                    format!(
                        "known protocols are {} and the numbers 1 to 255",
                        names.join(", ")
                    )
                },
                |near| format!("did you mean `{near}`?"),
            );
            field.error("unknown-protocol", message, &help);
        }
        protocol
    }
}

fn number(text: &str) -> Option<Protocol> {
    let number = if text.bytes().all(|byte| byte.is_ascii_digit()) {
        text.parse().ok()
    } else {
        None
    };
    number.filter(|number| *number > 0).map(Protocol)
}
