complete --keep-order --exclusive --command ocelot --arguments "(OCELOT_COMPLETE=fish ocelot -- (commandline --current-process --tokenize --cut-at-cursor) (commandline --current-token))"
