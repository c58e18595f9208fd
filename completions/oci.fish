complete --keep-order --exclusive --command oci --arguments "(OCELOT_COMPLETE=fish oci -- (commandline --current-process --tokenize --cut-at-cursor) (commandline --current-token))"
