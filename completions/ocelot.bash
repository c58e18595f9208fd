# Asks ocelot at every TAB what can follow on the line.
_ocelot_complete() {
    local IFS=$'\n' i word
    # The words as ocelot would get them: without quotes, and without the = that bash splits off.
    local words=()
    for ((i = 0; i < COMP_CWORD; i++)); do
        [[ ${COMP_WORDS[i]} == = ]] || words+=("${COMP_WORDS[i]//[\\\"\']/}")
    done
    words+=("${2//[\\\"\']/}")
    COMPREPLY=()
    while read -r word || [[ -n $word ]]; do
        # Within quotes bash takes a word as it stands; ~ stays as it was typed.
        if [[ ${COMP_WORDS[COMP_CWORD]} != [\"\']* ]]; then
            printf -v word %q "$word"
            [[ $2 == '~'* ]] && word=${word/#\\/}
        fi
        COMPREPLY+=("$word")
    done < <(OCELOT_COMPLETE=bash _CLAP_IFS="$IFS" _CLAP_COMPLETE_INDEX=$((${#words[@]} - 1)) \
        ocelot -- "${words[@]}" 2>/dev/null)
    if [[ ${#COMPREPLY[@]} == 1 && ${COMPREPLY[0]} == */ ]]; then
        compopt -o nospace 2>/dev/null
    fi
}
complete -o nosort -F _ocelot_complete ocelot 2>/dev/null ||
    complete -F _ocelot_complete ocelot
