#!/usr/bin/env bash
# Builds ocelot and installs it with its man pages and completions; --help says more.
set -euo pipefail
# A reader that goes away must not leave an installation half done.
trap '' PIPE

here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)

usage() {
    cat <<'END'
Usage: install.sh [OPTIONS]

Builds ocelot and installs the program, its man pages, and completions for the
shells that are there. It needs no root, asks nothing, and may be run again.

Options:
  --prefix DIR  Install into DIR/bin and DIR/share (default ~/.local).
  --from FILE   Install this binary instead of building one.
  --as-oci      Also answer to the name oci: a link beside the program, and
                completions. A program oci that is there already is left alone.
  --uninstall   Remove what was installed. Data of ocelot's engine stays.
  --help        Print this.
END
}

say() {
    printf '%s\n' "$*" 2>/dev/null || true
}

fail() {
    printf 'install.sh: %s\n' "$*" >&2
    exit 1
}

misused() {
    printf 'install.sh: %s\nTry install.sh --help.\n' "$*" >&2
    exit 2
}

absolute() {
    case $1 in
        /*) printf '%s' "$1" ;;
        \~/*) printf '%s/%s' "$HOME" "${1#??}" ;;
        *) printf '%s/%s' "$PWD" "$1" ;;
    esac
}

prefix=''
from=''
as_oci=false
uninstall=false
while [[ $# -gt 0 ]]; do
    case $1 in
        --prefix=* | --from=*) set -- "${1%%=*}" "${1#*=}" "${@:2}" ;;
        --prefix | --from)
            [[ -n ${2:-} ]] || misused "$1 needs a value"
            case $1 in
                --prefix) prefix=$(absolute "$2") ;;
                --from) from=$(absolute "$2") ;;
            esac
            shift 2
            ;;
        --as-oci) as_oci=true && shift ;;
        --uninstall) uninstall=true && shift ;;
        -h | --help) usage && exit 0 ;;
        *) misused "there is no option $1" ;;
    esac
done
if [[ -z $prefix ]]; then
    [[ -n ${HOME:-} ]] || fail "HOME is not set: say where to install with --prefix DIR"
    prefix=$HOME/.local
fi
[[ $prefix == / ]] || prefix=${prefix%/}

# What was installed, a line each below the prefix: files, and folders that were not there before.
# It is not in share/ocelot, which is the data folder of the engine where the prefix is ~/.local.
record=$prefix/share/doc/ocelot/installed

note() {
    grep -qxF -- "$1" "$record" 2>/dev/null || printf '%s\n' "$1" >>"$record"
}

# Makes a folder below the prefix, and notes those above it that it had to make too.
folder() {
    local path=$1 made=''
    while [[ ! -d $prefix/$path ]]; do
        made="folder $path"$'\n'$made
        [[ $path != . ]] || break
        path=$(dirname -- "$path")
    done
    mkdir -p -- "$prefix/$1" || fail "cannot make $prefix/$1: choose another --prefix"
    while read -r path; do
        [[ -z $path ]] || note "$path"
    done <<<"$made"
}

# Copies a file to its place below the prefix in one step, so that a program that runs is not disturbed.
place() {
    local source=$1 path=$2 mode=$3
    folder "$(dirname -- "$path")"
    cp -- "$source" "$prefix/$path.new" || fail "cannot write into $prefix: choose another --prefix"
    chmod "$mode" "$prefix/$path.new"
    mv -f -- "$prefix/$path.new" "$prefix/$path"
    note "file $path"
}

# Whether PREFIX/bin/oci is the link that --as-oci makes.
oci_is_ours() {
    [[ -L $prefix/bin/oci && $(readlink -- "$prefix/bin/oci") == ocelot ]]
}

remove() {
    if [[ ! -f $record ]]; then
        say "Nothing is installed in $prefix."
        return
    fi
    local kind path folders=''
    while read -r kind path; do
        if [[ $kind == folder ]]; then
            folders=$path$'\n'$folders
        elif [[ $path == bin/oci ]] && ! oci_is_ours; then
            [[ ! -e $prefix/bin/oci ]] || say "$prefix/bin/oci is another program now; left alone."
        else
            rm -f -- "${prefix:?}/$path"
        fi
    done <"$record"
    rm -f -- "$record"
    # A folder was noted after those above it, so it comes before them here. What others use stays.
    while read -r path; do
        case $path in
            '') ;;
            .) rmdir -- "$prefix" 2>/dev/null || true ;;
            *) rmdir -- "$prefix/$path" 2>/dev/null || true ;;
        esac
    done <<<"$folders"
    say "Removed ocelot from $prefix. Data of its engine stays where it is."
}

# Fails unless what a build needs is there.
check_tools() {
    if ! command -v cargo >/dev/null && [[ -x ${HOME:-}/.cargo/bin/cargo ]]; then
        PATH=$HOME/.cargo/bin:$PATH
    fi
    local needed found
    needed=$(sed -n 's/^rust-version = "\(.*\)"$/\1/p' "$here/Cargo.toml")
    if ! command -v cargo >/dev/null || ! command -v rustc >/dev/null; then
        fail "cargo is missing, which builds ocelot: Rust $needed or newer is needed.
Get it from https://rustup.rs, or with:
  curl --proto '=https' --tlsv1.2 -sSf https://sh.rustup.rs | sh"
    fi
    found=$(rustc --version | cut -d ' ' -f 2)
    if ! at_least "${found%%-*}" "$needed"; then
        fail "Rust $found is too old: ocelot needs $needed or newer.
Get it with rustup update, or from https://rustup.rs"
    fi
    if [[ -z ${CC:-} ]] && ! command -v cc >/dev/null; then
        fail "a C compiler is missing, which builds the database that ocelot contains.
On Debian and Ubuntu: apt-get install build-essential
On Fedora: dnf install gcc
On macOS: xcode-select --install"
    fi
}

# Whether a version such as 1.95.0 is another such as 1.89, or newer.
at_least() {
    local has=() wants=()
    IFS=. read -ra has <<<"$1"
    IFS=. read -ra wants <<<"$2"
    local at
    for at in 0 1 2; do
        ((${has[at]:-0} == ${wants[at]:-0})) || break
    done
    ((${has[at]:-0} >= ${wants[at]:-0}))
}

complete_for() {
    local program=$1
    offer bash "$program.bash" "share/bash-completion/completions/$program"
    offer zsh "_$program" "share/zsh/site-functions/_$program"
    offer fish "$program.fish" "share/fish/vendor_completions.d/$program.fish"
    offer pwsh "$program.ps1" "share/powershell/completions/$program.ps1"
    offer elvish "$program.elv" "share/elvish/lib/$program.elv"
}

# Installs a completion file if its shell is there; one of another program's for oci is left alone.
offer() {
    local shell=$1 source=$here/completions/$2 path=$3
    command -v "$shell" >/dev/null || return 0
    if [[ -e $prefix/$path ]] && ! grep -q OCELOT_COMPLETE "$prefix/$path"; then
        say "$prefix/$path is not ocelot's; left alone."
        return
    fi
    place "$source" "$path" 644
}

# Says what to add to the start files of shells that do not find completions by themselves.
explain_completions() {
    local share=$prefix/share
    if command -v zsh >/dev/null; then
        say "  zsh     in ~/.zshrc, before compinit:  fpath=('$share/zsh/site-functions' \$fpath)"
    fi
    if command -v pwsh >/dev/null; then
        say "  pwsh    in \$PROFILE:  . '$share/powershell/completions/ocelot.ps1'"
    fi
    case $prefix in
        "${HOME:-}/.local" | /usr | /usr/local)
            command -v elvish >/dev/null && say "  elvish  in rc.elv:  use ocelot"
            ;;
        *)
            say "  bash    in ~/.bashrc:  . '$share/bash-completion/completions/ocelot'"
            command -v fish >/dev/null &&
                say "  fish    in config.fish:  source '$share/fish/vendor_completions.d/ocelot.fish'"
            command -v elvish >/dev/null &&
                say "  elvish  in rc.elv:  eval (slurp < '$share/elvish/lib/ocelot.elv')"
            ;;
    esac
    return 0
}

if $uninstall; then
    remove
    exit 0
fi

if $as_oci && [[ -e $prefix/bin/oci || -L $prefix/bin/oci ]] && ! oci_is_ours; then
    fail "$prefix/bin/oci is another program, and is not overwritten.
Choose another --prefix, or leave out --as-oci."
fi

stage=''
if [[ -n $from ]]; then
    [[ -f $from && -x $from ]] || fail "$from is no program"
else
    check_tools
    stage=$(mktemp -d)
    trap 'rm -rf -- "$stage"' EXIT
    say "Building ocelot; the first time this takes some minutes."
    cargo install --locked --no-track --quiet --path "$here" --root "$stage" </dev/null ||
        fail "the build failed; what cargo says is above"
    from=$stage/bin/ocelot
fi

folder share/doc/ocelot
place "$from" bin/ocelot 755
for page in "$here"/man/*.1; do
    place "$page" "share/man/man1/${page##*/}" 644
done
complete_for ocelot
if $as_oci; then
    ln -sf -- ocelot "$prefix/bin/oci"
    note "file bin/oci"
    complete_for oci
fi

say ""
"$prefix/bin/ocelot" tour </dev/null || fail "$prefix/bin/ocelot is installed, but its tour failed"
say ""
say "Installed $prefix/bin/ocelot."
case :$PATH: in
    *":$prefix/bin:"*) ;;
    *)
        say "$prefix/bin is not on the PATH. Add to the shell's start file, such as ~/.profile:"
        say "  export PATH=\"$prefix/bin:\$PATH\""
        ;;
esac
lines=$(explain_completions)
if [[ -z $lines ]]; then
    say "TAB completes in new shells."
else
    say "TAB completes in new shells; some need a line in their start file:"
    say "$lines"
fi
