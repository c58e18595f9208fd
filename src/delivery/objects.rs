//! Object storage: where connectors put objects, in a folder, or in a store that speaks S3, that of Azure or that
//! of Google.

use std::path::{Path as FilePath, PathBuf};
use std::sync::OnceLock;
use std::time::Duration;

use object_store::aws::AmazonS3Builder;
use object_store::azure::MicrosoftAzureBuilder;
use object_store::gcp::GoogleCloudStorageBuilder;
use object_store::local::LocalFileSystem;
use object_store::path::{Path, PathPart};
use object_store::{
    Error, ObjectStore, ObjectStoreExt, ObjectStoreScheme, PutMode, PutOptions, PutPayload,
    PutResult, RetryConfig,
};
use url::Url;

use crate::engine::sch::Fault;

/// For how long a request to a store is repeated that fails: the connector itself tries again, and tells why.
const MOST_RETRYING: Duration = Duration::from_secs(5);

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
        "objects cannot be put into {0:?}: give a folder, or a URL that begins with file://, s3:// (also for other \
         stores that speak S3), az:// or gs://"
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
            "file" => Ok(Self(url)),
            "s3" | "az" | "gs" if url.has_host() => Ok(Self(url)),
            "s3" | "az" | "gs" => Err(ObjectPlaceError::Unreadable(text.to_owned())),
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
        let path = place_of(root, path);
        let content = PutPayload::from(content);
        let put = match may_replace {
            true => store.put(&path, content).await,
            false => create(store.as_ref(), &path, content).await,
        };
        match put {
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
        let opened = open(&place.0)
            .map_err(|error| format!("the object store {} cannot be used: {error}", place.0))?;
        Ok(self.store.get_or_init(|| opened))
    }
}

/// Where in a store an object is put: under the very name that was asked for. Only what no store takes, as control
/// characters and folders named `..`, is percent-encoded.
fn place_of(root: &Path, path: &str) -> Path {
    let whole = match root.as_ref() {
        "" => path.to_owned(),
        root => format!("{root}/{path}"),
    };
    let encoded = || root.parts().chain(path.split('/').map(PathPart::from));
    Path::parse(&whole).unwrap_or_else(|_| encoded().collect())
}

/// A store, and where in it the URL begins. Keys, region and endpoint are where the other programs of a store look
/// for them: in variables as `AWS_ACCESS_KEY_ID`, `AZURE_STORAGE_ACCOUNT_NAME` and `GOOGLE_SERVICE_ACCOUNT`.
fn open(url: &Url) -> object_store::Result<(Box<dyn ObjectStore>, Path)> {
    let (scheme, root) = ObjectStoreScheme::parse(url)?;
    let retry = RetryConfig {
        max_retries: 2,
        retry_timeout: MOST_RETRYING,
        ..RetryConfig::default()
    };
    let store: Box<dyn ObjectStore> = match scheme {
        ObjectStoreScheme::AmazonS3 => Box::new(
            AmazonS3Builder::from_env()
                .with_url(url.as_str())
                .with_retry(retry)
                .build()?,
        ),
        ObjectStoreScheme::MicrosoftAzure => Box::new(
            MicrosoftAzureBuilder::from_env()
                .with_url(url.as_str())
                .with_retry(retry)
                .build()?,
        ),
        ObjectStoreScheme::GoogleCloudStorage => Box::new(
            GoogleCloudStorageBuilder::from_env()
                .with_url(url.as_str())
                .with_retry(retry)
                .build()?,
        ),
        _ => Box::new(LocalFileSystem::new()),
    };
    Ok((store, root))
}

/// Puts an object, unless there is one. Where the store cannot do that at once, it is asked first: only the
/// connector puts objects of these names.
async fn create(
    store: &dyn ObjectStore,
    path: &Path,
    content: PutPayload,
) -> object_store::Result<PutResult> {
    let options = PutOptions::from(PutMode::Create);
    match store.put_opts(path, content.clone(), options).await {
        Err(Error::NotImplemented { .. } | Error::NotSupported { .. }) => {}
        done => return done,
    }
    match store.head(path).await {
        Ok(_) => Err(Error::AlreadyExists {
            path: path.to_string(),
            source: "it is there already".into(),
        }),
        Err(Error::NotFound { .. }) => store.put(path, content).await,
        Err(error) => Err(error),
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
        for text in [
            "s3://lake/raw",
            "az://lake",
            "gs://lake/raw",
            "file:///tmp/lake",
        ] {
            assert_eq!(ObjectPlace::parse(text).unwrap().0.as_str(), text);
        }
        for (text, told) in [
            ("ftp://lake", "begins with file://, s3://"),
            ("", "give a folder"),
            ("s3://", "s3://BUCKET/PREFIX"),
        ] {
            let error = ObjectPlace::parse(text).unwrap_err();
            assert!(error.to_string().contains(told), "{text}: {error}");
        }
    }

    #[tokio::test]
    async fn names_stay_as_they_were_asked_for() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("événements a~b");
        let objects = Objects::new(Some(ObjectPlace::folder(&root).unwrap()));
        for path in [
            "local/lake/événements/a~b/x[1]/50%/#1/y.gz",
            "local/lake/{z}.gz",
        ] {
            assert_eq!(objects.put(path, vec![1], false).await, Ok(Put::Stored));
            assert!(root.join(path).is_file(), "{path}");
        }
        let path = "local/lake/../up\n.gz";
        assert_eq!(objects.put(path, vec![1], false).await, Ok(Put::Stored));
        assert!(root.join("local/lake/%2E%2E/up%0A.gz").is_file());
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
