//! Functions written with an FDK: HTTP over a Unix socket. Source: Fn Project, container contract.

#[cfg(unix)]
pub(super) use unix::run;

#[cfg(not(unix))]
pub(super) async fn run(_: &super::function::Invocation<'_>, _: &str) -> super::function::Result {
    super::function::Result::not_run("functions with an FDK need Unix sockets, which are not here")
}

#[cfg(unix)]
mod unix {
    use std::path::Path;
    use std::time::Duration;

    use reqwest::Client;
    use url::Url;

    use super::super::command::Process;
    use super::super::function::{Invocation, Result};
    use super::super::http;

    /// How often a function that starts is looked at.
    const LOOK: Duration = Duration::from_millis(10);

    /// Starts the function, hands it the event as soon as it listens, and ends it.
    pub(in super::super) async fn run(invocation: &Invocation<'_>, line: &str) -> Result {
        let folder = match tempfile::Builder::new().prefix("ocelot-fn-").tempdir() {
            Ok(folder) => folder,
            Err(error) => {
                return Result::not_run(format!("there is no place for a socket: {error}"));
            }
        };
        let socket = folder.path().join("listener.sock");
        let mut variables = invocation.environment("http-stream");
        variables.push(("FN_LISTENER", format!("unix:{}", socket.display())));
        let mut process = match Process::start(line, &variables) {
            Ok(process) => process,
            Err(error) => return Result::not_run(format!("the command did not run: {error}")),
        };
        let answer = match listens(&mut process, &socket).await {
            Ok(()) => call(invocation, &socket).await,
            Err(reason) => Err(reason.into()),
        };
        let written = process.stop().await;
        match answer {
            Ok(answer) => invocation.result_of(answer, written),
            Err(failure) => Result::failed(failure, &written),
        }
    }

    /// Waits until the function has made its socket; the caller ends a wait that takes too long.
    async fn listens(process: &mut Process, socket: &Path) -> std::result::Result<(), String> {
        while !socket.exists() {
            if let Some(status) = process.ended() {
                return Err(format!("it ended before it listened: {status}"));
            }
            tokio::time::sleep(LOOK).await;
        }
        Ok(())
    }

    async fn call(
        invocation: &Invocation<'_>,
        socket: &Path,
    ) -> std::result::Result<http::Answer, http::PostFailure> {
        let client = http::common(Client::builder())
            .tls_certs_only([])
            .no_proxy()
            .unix_socket(socket)
            .build()
            .map_err(|error| http::innermost(&error))?;
        let post = invocation.post("http://localhost/call");
        let url = Url::parse(&post.url).map_err(|error| error.to_string())?;
        http::exchange(&client, url, &post).await
    }
}
