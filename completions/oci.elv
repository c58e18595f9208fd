set edit:completion:arg-completer[oci] = { |@words|
    var index = (count $words)
    set index = (- $index 1)

    put (env _CLAP_IFS="\n" _CLAP_COMPLETE_INDEX=(to-string $index) OCELOT_COMPLETE="elvish" oci -- $@words) | to-lines
}
