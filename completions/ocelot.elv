set edit:completion:arg-completer[ocelot] = { |@words|
    var index = (count $words)
    set index = (- $index 1)

    put (env _CLAP_IFS="\n" _CLAP_COMPLETE_INDEX=(to-string $index) OCELOT_COMPLETE="elvish" ocelot -- $@words) | to-lines
}
