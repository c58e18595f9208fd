//! Regions: from a name or a code to the domain that its services are under.
//!
//! What the table does not have is looked for in `~/.oci/regions-config.json`, then in
//! `OCI_REGION_METADATA`. A name with a dot in it is itself a domain. Any other unknown name is taken for
//! a region that is newer than the table, in the realm oc1 or under the domain in `OCI_DEFAULT_REALM`.

use serde_json::Value as Json;

use super::environment::Environment;
use super::error::ProfileError;
use super::file::read_text;
use super::region_table::{REALMS, REGIONS};

/// The realm of regions that nothing is known of.
const DEFAULT_REALM: &str = "oc1";

/// A region of the cloud.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Region {
    /// Its name, as `eu-frankfurt-1`.
    pub name: String,
    /// Its three-letter code, if it is known.
    pub code: Option<String>,
    /// The key of its realm, as `oc1`, if it is known.
    pub realm: Option<String>,
    /// The domain under which its realm has its services, as `oraclecloud.com`; `None` where the name
    /// is a whole domain.
    pub second_level_domain: Option<String>,
}

impl Region {
    /// A public region, by its name or code in any case.
    pub fn public(name: &str) -> Option<Self> {
        let wanted = name.to_lowercase();
        let mut regions = REGIONS.iter();
        let (name, code, realm) =
            regions.find(|(name, code, _)| *name == wanted || *code == wanted)?;
        Some(Self {
            name: (*name).to_owned(),
            code: Some((*code).to_owned()),
            realm: Some((*realm).to_owned()),
            second_level_domain: domain_of_realm(realm).map(str::to_owned),
        })
    }

    /// The region that a user means by `name`.
    pub fn find(name: &str, environment: &Environment) -> Result<Self, ProfileError> {
        let name = name.trim().to_lowercase();
        if let Some(region) = Self::public(&name) {
            return Ok(region);
        }
        if let Some(region) = from_file(&name, environment)? {
            return Ok(region);
        }
        if let Some(region) = from_variable(&name, environment)? {
            return Ok(region);
        }
        Ok(Self::unknown(name, environment))
    }

    fn unknown(name: String, environment: &Environment) -> Self {
        let (realm, second_level_domain) = if name.contains('.') {
            (None, None)
        } else {
            // The official variable holds a domain, whatever its name says; a realm's key is understood too.
            match environment.get("OCI_DEFAULT_REALM") {
                Some(realm) => match domain_of_realm(&realm.to_lowercase()) {
                    Some(domain) => (Some(realm.to_lowercase()), Some(domain.to_owned())),
                    None => (None, Some(realm)),
                },
                None => (
                    Some(DEFAULT_REALM.to_owned()),
                    domain_of_realm(DEFAULT_REALM).map(str::to_owned),
                ),
            }
        };
        Self {
            name,
            code: None,
            realm,
            second_level_domain,
        }
    }
}

/// The names of all public regions, for completion.
pub fn public_names() -> impl Iterator<Item = &'static str> {
    REGIONS.iter().map(|(name, _, _)| *name)
}

/// The second-level domain of a public realm, as `oraclecloud.com` of `oc1`.
pub fn domain_of_realm(realm: &str) -> Option<&'static str> {
    let mut realms = REALMS.iter();
    realms
        .find(|(key, _)| *key == realm)
        .map(|(_, domain)| *domain)
}

/// Looks in `~/.oci/regions-config.json`, which holds a list of descriptions.
fn from_file(name: &str, environment: &Environment) -> Result<Option<Region>, ProfileError> {
    let Some(path) = environment
        .home()
        .map(|home| home.join(".oci/regions-config.json"))
        .filter(|path| path.is_file())
    else {
        return Ok(None);
    };
    let Some(text) = read_text(&path)? else {
        return Ok(None);
    };
    let wrong = |reason: &dyn std::fmt::Display| ProfileError::Regions {
        origin: path.display().to_string(),
        reason: reason.to_string(),
    };
    match serde_json::from_str(text.trim_start_matches('\u{feff}'))
        .map_err(|error| wrong(&error))?
    {
        Json::Array(entries) => Ok(entries.iter().find_map(|entry| described(entry, name))),
        _ => Err(wrong(&"it is not a JSON list")),
    }
}

/// Looks in `OCI_REGION_METADATA`, which holds one description.
fn from_variable(name: &str, environment: &Environment) -> Result<Option<Region>, ProfileError> {
    const VARIABLE: &str = "OCI_REGION_METADATA";
    let Some(text) = environment.get(VARIABLE) else {
        return Ok(None);
    };
    let entry: Json = serde_json::from_str(&text).map_err(|error| ProfileError::Regions {
        origin: VARIABLE.to_owned(),
        reason: error.to_string(),
    })?;
    Ok(described(&entry, name))
}

/// The region that an entry describes, if it is the one wanted. An entry that leaves something out is
/// passed over, and what the table says of a realm counts more than what the entry does.
fn described(entry: &Json, wanted: &str) -> Option<Region> {
    let field = |key: &str| {
        let text = entry.get(key)?.as_str()?.trim().to_lowercase();
        (!text.is_empty()).then_some(text)
    };
    let (name, code) = (field("regionIdentifier")?, field("regionKey")?);
    let (realm, domain) = (field("realmKey")?, field("realmDomainComponent")?);
    if name != wanted && code != wanted {
        return None;
    }
    Some(Region {
        second_level_domain: Some(domain_of_realm(&realm).map_or(domain, str::to_owned)),
        name,
        code: Some(code),
        realm: Some(realm),
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn environment(pairs: &[(&str, &str)]) -> Environment {
        Environment::of(pairs.iter().copied())
    }

    fn domain(name: &str, pairs: &[(&str, &str)]) -> (String, Option<String>) {
        let region = Region::find(name, &environment(pairs)).unwrap();
        (region.name, region.second_level_domain)
    }

    #[test]
    fn the_table_agrees_with_itself() {
        let names: BTreeSet<_> = REGIONS.iter().map(|(name, _, _)| name).collect();
        let codes: BTreeSet<_> = REGIONS.iter().map(|(_, code, _)| code).collect();
        assert_eq!((names.len(), codes.len()), (REGIONS.len(), REGIONS.len()));
        for (name, code, realm) in REGIONS {
            assert!(domain_of_realm(realm).is_some(), "{name}");
            assert_eq!(code.len(), 3);
        }
    }

    #[test]
    fn names_and_codes_are_found_in_any_case() {
        let expected = (
            "eu-frankfurt-1".to_owned(),
            Some("oraclecloud.com".to_owned()),
        );
        assert_eq!(domain("FRA", &[]), expected);
        assert_eq!(domain(" Eu-Frankfurt-1", &[]), expected);
        assert_eq!(domain("luf", &[]).1.unwrap(), "oraclegovcloud.com");
    }

    #[test]
    fn unknown_names_fall_back() {
        assert_eq!(domain("xx-new-9", &[]).1.unwrap(), "oraclecloud.com");
        let realm = [("OCI_DEFAULT_REALM", "example.org")];
        assert_eq!(domain("xx-new-9", &realm).1.unwrap(), "example.org");
        assert_eq!(
            domain("xx-new-9", &[("OCI_DEFAULT_REALM", "oc4")])
                .1
                .unwrap(),
            "oraclegovcloud.uk"
        );
        assert_eq!(domain("xx.example.org", &realm).1, None);
        assert_eq!(domain("us-luke-1", &realm).1.unwrap(), "oraclegovcloud.com");
    }

    #[test]
    fn a_variable_describes_one_region() {
        let text = r#"{"realmKey":"OC99","realmDomainComponent":"Example.org","regionKey":"NEW","regionIdentifier":"xx-New-9"}"#;
        let pairs = [
            ("OCI_REGION_METADATA", text),
            ("OCI_DEFAULT_REALM", "other.org"),
        ];
        for name in ["xx-new-9", "new"] {
            let expected = ("xx-new-9".to_owned(), Some("example.org".to_owned()));
            assert_eq!(domain(name, &pairs), expected);
        }
        assert_eq!(domain("xx-new-8", &pairs).1.unwrap(), "other.org");
        let broken = environment(&[("OCI_REGION_METADATA", "{")]);
        assert!(Region::find("xx-new-9", &broken).is_err());
        assert!(Region::find("fra", &broken).is_ok());
    }
}
