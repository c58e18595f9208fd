//! The real disk and the one in memory behave alike.

use std::io::ErrorKind;
use std::path::Path;

use ocelot::disk::{Disk, MemoryDisk, RealDisk};

fn behaves(disk: &dyn Disk, root: &Path) {
    let folder = root.join("a").join("b");
    let file = folder.join("file");
    let kind = |error: std::io::Error| error.kind();
    assert_eq!(disk.list(&folder).map_err(kind), Err(ErrorKind::NotFound));
    assert_eq!(
        disk.create(&file).map_err(kind).err(),
        Some(ErrorKind::NotFound)
    );
    disk.create_folder(&folder).unwrap();
    disk.create_folder(&folder).unwrap();
    assert_eq!(
        disk.open(&file).map_err(kind).err(),
        Some(ErrorKind::NotFound)
    );
    assert!(!disk.exists(&file).unwrap());
    let opened = disk.create(&file).unwrap();
    assert_eq!(
        disk.create(&file).map_err(kind).err(),
        Some(ErrorKind::AlreadyExists)
    );
    assert!(disk.exists(&file).unwrap() && disk.exists(&folder).unwrap());
    assert_eq!(disk.list(&folder).unwrap(), ["file"]);
    assert_eq!(disk.list(&root.join("a")).unwrap(), ["b"]);
    assert!(disk.create_folder(&file.join("below")).is_err());

    opened.write_at(b"hello", 3).unwrap();
    opened.write_at(b"HE", 3).unwrap();
    opened.sync().unwrap();
    disk.sync_folder(&folder).unwrap();
    let again = disk.open(&file).unwrap();
    let mut buffer = [9; 10];
    assert_eq!(again.read_at(&mut buffer, 0).unwrap(), 8);
    assert_eq!(&buffer, b"\0\0\0HEllo\x09\x09");
    assert_eq!(again.read_at(&mut buffer, 8).unwrap(), 0);
    assert_eq!(again.read_at(&mut buffer, 100).unwrap(), 0);
    again.truncate(5).unwrap();
    assert_eq!(opened.length_bytes().unwrap(), 5);
    again.truncate(7).unwrap();
    assert_eq!(disk.length_bytes(&file).unwrap(), 7);
    assert_eq!(opened.read_at(&mut buffer, 4).unwrap(), 3);
    assert_eq!(&buffer[..3], b"E\0\0");

    disk.remove_file(&file).unwrap();
    assert_eq!(
        disk.remove_file(&file).map_err(kind),
        Err(ErrorKind::NotFound)
    );
    assert_eq!(
        disk.length_bytes(&file).map_err(kind),
        Err(ErrorKind::NotFound)
    );
    disk.create(&file).unwrap();
    disk.remove_folder(&root.join("a")).unwrap();
    assert!(!disk.exists(&file).unwrap() && !disk.exists(&folder).unwrap());
    assert_eq!(
        disk.remove_folder(&folder).map_err(kind),
        Err(ErrorKind::NotFound)
    );
}

#[test]
fn in_memory() {
    behaves(&MemoryDisk::new(), Path::new("/"));
}

#[test]
fn on_the_machine() {
    let home = tempfile::tempdir().unwrap();
    behaves(&RealDisk, home.path());
}
