//! Object storage: where connectors put objects, in a folder or in any store that speaks S3.

use std::path::{Path as FilePath, PathBuf};
use std::sync::OnceLock;

use object_store::path::Path;
use object_store::{Error, ObjectStore, PutMode, PutOptions};
use url::Url;

use crate::engine::sch::Fault;

/// Where objects are put: each under its namespace, bucket and name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectPlace(Url);

/// Why a text is no place for objects.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ObjectPlaceError {
    /// It is no URL, and no path from the root.
    #[error("{0:?} is no place for objects: give a folder, or a URL as s3://BUCKET/PREFIX")]
    Unreadable(String),
    /// There is no way to stores of this scheme.
    #[error(
        "objects cannot be put into {0:?}: give a folder, or a URL that begins with file:// or s3://"
    )]
    Scheme(String),
}

impl ObjectPlace {
    /// A folder, which is made when the first object comes.
    pub fn folder(path: &FilePath) -> Result<Self, ObjectPlaceError> {
        let unreadable = || ObjectPlaceError::Unreadable(path.display().to_string());
        let path: PathBuf = std::path::absolute(path).map_err(|_| unreadable())?;
        Url::from_directory_path(path)
            .map(Self)
            .map_err(|()| unreadable())
    }

    /// Reads a URL, or the path of a folder.
    pub fn parse(text: &str) -> Result<Self, ObjectPlaceError> {
        if !text.contains("://") {
            return match text.trim().is_empty() {
                true => Err(ObjectPlaceError::Unreadable(text.to_owned())),
                false => Self::folder(FilePath::new(text)),
            };
        }
        let url = Url::parse(text).map_err(|_| ObjectPlaceError::Unreadable(text.to_owned()))?;
        match url.scheme() {
            "file" | "s3" => Ok(Self(url)),
            _ => Err(ObjectPlaceError::Scheme(text.to_owned())),
        }
    }
}

/// What came of putting an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Put {
    Stored,
    /// There is another of that name, which may not be replaced.
    NameTaken,
}

/// Puts objects.
pub(super) struct Objects {
    place: Option<ObjectPlace>,
    store: OnceLock<(Box<dyn ObjectStore>, Path)>,
}

impl Objects {
    pub(super) fn new(place: Option<ObjectPlace>) -> Self {
        Self {
            place,
            store: OnceLock::new(),
        }
    }

    /// Puts an object, wholly or not at all.
    pub(super) async fn put(
        &self,
        path: &str,
        content: Vec<u8>,
        may_replace: bool,
    ) -> Result<Put, Fault> {
        let (store, root) = self.store()?;
        let names = root.parts().map(|part| part.as_ref().to_owned());
        let names = names.chain(path.split('/').map(str::to_owned));
        let path = Path::from_iter(names);
        let mode = match may_replace {
            true => PutMode::Overwrite,
            false => PutMode::Create,
        };
        let options = PutOptions::from(mode);
        match store.put_opts(&path, content.into(), options).await {
            Ok(_) => Ok(Put::Stored),
            Err(Error::AlreadyExists { .. }) => Ok(Put::NameTaken),
            Err(error) => Err(Fault {
                reason: format!("the object {path} cannot be stored: {error}"),
                status: status_of(&error),
            }),
        }
    }

    fn store(&self) -> Result<&(Box<dyn ObjectStore>, Path), String> {
        if let Some(store) = self.store.get() {
            return Ok(store);
        }
        let place = self.place.as_ref().ok_or(
            "there is no place for objects while the engine lives in memory: give one with --object-store",
        )?;
        // The process may have chosen a provider before; then that one serves.
        let _ = rustls::crypto::ring::default_provider().install_default();
        // Keys, region and endpoint of S3 are where its other programs look for them, as AWS_ACCESS_KEY_ID.
        let variables = std::env::vars_os().filter_map(|(name, value)| {
            Some((name.into_string().ok()?, value.into_string().ok()?))
        });
        let opened = object_store::parse_url_opts(&place.0, variables);
        let opened = opened
            .map_err(|error| format!("the object store {} cannot be used: {error}", place.0))?;
        Ok(self.store.get_or_init(|| opened))
    }
}

/// The HTTP status that an error stands for, where it is told.
fn status_of(error: &Error) -> Option<u16> {
    match error {
        Error::NotFound { .. } => Some(404),
        Error::PermissionDenied { .. } => Some(403),
        Error::Unauthenticated { .. } => Some(401),
        Error::Precondition { .. } => Some(412),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_and_urls_are_places() {
        let folder = ObjectPlace::parse("/tmp/objects here").unwrap();
        assert_eq!(folder.0.as_str(), "file:///tmp/objects%20here/");
        for text in ["s3://lake/raw", "file:///tmp/lake"] {
            assert_eq!(ObjectPlace::parse(text).unwrap().0.as_str(), text);
        }
        for (text, told) in [
            ("gs://lake", "begins with file:// or s3://"),
            ("", "give a folder"),
            ("s3://", "begins with"),
        ] {
            match ObjectPlace::parse(text) {
                Err(error) => assert!(error.to_string().contains(told), "{text}: {error}"),
                Ok(place) => assert_eq!(text, "s3://", "{place:?}"),
            }
        }
    }

    #[tokio::test]
    async fn a_first_attempt_replaces_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let place = ObjectPlace::folder(&folder.path().join("a b/c")).unwrap();
        let objects = Objects::new(Some(place));
        let path = "local/lake/some prefix/x.gz";
        let put = |content: &str, may_replace| objects.put(path, content.into(), may_replace);
        assert_eq!(put("one", false).await, Ok(Put::Stored));
        assert_eq!(put("two", false).await, Ok(Put::NameTaken));
        let file = folder.path().join("a b/c").join(path);
        assert_eq!(std::fs::read_to_string(&file).unwrap(), "one");
        assert_eq!(put("two", true).await, Ok(Put::Stored));
        assert_eq!(std::fs::read_to_string(&file).unwrap(), "two");
        let nowhere = Objects::new(None).put(path, Vec::new(), false).await;
        assert!(nowhere.unwrap_err().reason.contains("--object-store"));
    }
}
