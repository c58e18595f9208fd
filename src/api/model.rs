//! Wire models: the JSON objects that the services take and give, as data.

/// What a value on the wire is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Kind {
    /// A string.
    Text,
    /// A string out of a fixed set, spelled as given.
    Choice(&'static [&'static str]),
    /// A whole number.
    Integer,
    /// A number.
    Float,
    /// `true` or `false`.
    Boolean,
    /// An RFC 3339 instant.
    DateTime,
    /// Any JSON value, passed through untouched.
    Any,
    /// An object with known fields.
    Object(&'static Model),
    /// A list of values of one kind.
    List(&'static Kind),
    /// An object whose keys are the user's own.
    Map(&'static Kind),
}

impl Kind {
    /// True when a value of this kind is given as JSON on the command line.
    pub const fn is_json(&self) -> bool {
        matches!(
            self,
            Self::Any | Self::Object(_) | Self::List(_) | Self::Map(_)
        )
    }
}

/// One field of a model.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Field {
    /// Its name on the wire, in camel case.
    pub wire: &'static str,
    /// What it holds.
    pub kind: Kind,
    /// Whether an object without it is refused.
    pub required: bool,
}

impl Field {
    /// The same field, but one that must be there.
    pub const fn required(self) -> Self {
        Self {
            required: true,
            ..self
        }
    }
}

/// A JSON object with known fields.
#[derive(Debug, PartialEq)]
pub struct Model {
    /// Its name in the services' interface descriptions.
    pub name: &'static str,
    /// Its fields; of a model with variants, those that all of them share.
    pub fields: &'static [Field],
    /// The models it may stand for, told apart by one of its fields.
    pub variants: Option<Variants>,
}

/// The models that one model may stand for.
#[derive(Debug, PartialEq)]
pub struct Variants {
    /// Wire name of the field that tells which variant an object is.
    pub discriminator: &'static str,
    /// Each value of that field with its model, in the order of the models' names.
    pub models: &'static [(&'static str, &'static Model)],
}

impl Model {
    /// The field with this wire name.
    pub fn field(&self, wire: &str) -> Option<&'static Field> {
        self.fields.iter().find(|field| field.wire == wire)
    }

    /// The model of an object whose discriminator has this value: a variant, or the model itself.
    pub fn variant(&'static self, discriminator_value: Option<&str>) -> &'static Model {
        let found = self.variants.as_ref().and_then(|variants| {
            let mut models = variants.models.iter();
            models.find(|(value, _)| Some(*value) == discriminator_value)
        });
        found.map_or(self, |(_, model)| model)
    }
}

/// A model without variants.
pub const fn model(name: &'static str, fields: &'static [Field]) -> Model {
    Model {
        name,
        fields,
        variants: None,
    }
}

/// A model that stands for one of several, told apart by `discriminator`.
pub const fn model_of(
    name: &'static str,
    fields: &'static [Field],
    discriminator: &'static str,
    models: &'static [(&'static str, &'static Model)],
) -> Model {
    Model {
        name,
        fields,
        variants: Some(Variants {
            discriminator,
            models,
        }),
    }
}

const fn field(wire: &'static str, kind: Kind) -> Field {
    Field {
        wire,
        kind,
        required: false,
    }
}

/// A field that holds a string.
pub const fn text(wire: &'static str) -> Field {
    field(wire, Kind::Text)
}

/// A field that holds one of `choices`.
pub const fn choice(wire: &'static str, choices: &'static [&'static str]) -> Field {
    field(wire, Kind::Choice(choices))
}

/// A field that holds a whole number.
pub const fn integer(wire: &'static str) -> Field {
    field(wire, Kind::Integer)
}

/// A field that holds a number.
pub const fn float(wire: &'static str) -> Field {
    field(wire, Kind::Float)
}

/// A field that holds `true` or `false`.
pub const fn boolean(wire: &'static str) -> Field {
    field(wire, Kind::Boolean)
}

/// A field that holds an instant.
pub const fn datetime(wire: &'static str) -> Field {
    field(wire, Kind::DateTime)
}

/// A field that holds any JSON value.
pub const fn any(wire: &'static str) -> Field {
    field(wire, Kind::Any)
}

/// A field that holds an object of `model`.
pub const fn object(wire: &'static str, model: &'static Model) -> Field {
    field(wire, Kind::Object(model))
}

/// A field that holds a list.
pub const fn list(wire: &'static str, element: &'static Kind) -> Field {
    field(wire, Kind::List(element))
}

/// A field that holds an object with the user's own keys.
pub const fn map(wire: &'static str, value: &'static Kind) -> Field {
    field(wire, Kind::Map(value))
}

/// `freeformTags`: names and values that the user attaches to a resource.
pub const FREEFORM_TAGS: Field = map("freeformTags", &Kind::Text);

/// `definedTags`: tags whose names are grouped in namespaces.
pub const DEFINED_TAGS: Field = map("definedTags", &Kind::Map(&Kind::Any));

/// The kind of `securityAttributes` and `systemTags`: maps of maps, whatever they hold.
pub const NESTED_MAP: Kind = Kind::Map(&Kind::Any);
