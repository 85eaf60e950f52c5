# Fairlead's start-up file for bash >= 4.4, given with --init-file. Its rules:
# 1. the person's own files are read first, as a login shell reads them; what they set stays set;
# 2. marks go into a FIFO, by builtins; nothing goes to the terminal;
# 3. every name of ours begins with __fl_.

# --- what a login shell would read (a real one would not read this file)
[ -r /etc/profile ] && . /etc/profile
if [ -r ~/.bash_profile ]; then . ~/.bash_profile
elif [ -r ~/.bash_login ]; then . ~/.bash_login
elif [ -r ~/.profile ]; then . ~/.profile
fi
logout() { exit "$@"; }
[ -r ~/.bash_logout ] && [ -z "$(trap -p EXIT)" ] && trap '. ~/.bash_logout' EXIT

if ((BASH_VERSINFO[0] * 100 + BASH_VERSINFO[1] >= 404)); then

__fl_fifo=@@FIFO@@
__fl_token=@@TOKEN@@
__fl_entry=${__fl_fifo%/*}/entry
__fl_last=0

# History is where bash keeps the line a person typed, so every line must get there: what HISTCONTROL and HISTIGNORE
# leave out is taken out again by __fl_forget, after it was marked.
__fl_adopt_history() {
    [[ ${HISTCONTROL-} == "${__fl_control_set-unset}" && -z ${HISTIGNORE-} ]] && return
    [[ ${HISTCONTROL-} == "${__fl_control_set-unset}" ]] || __fl_control=${HISTCONTROL-}
    [[ -z ${HISTIGNORE-} ]] || __fl_ignore=$HISTIGNORE
    HISTCONTROL= HISTIGNORE=
    [[ $__fl_control == *erasedups* ]] && HISTCONTROL=erasedups
    __fl_control_set=$HISTCONTROL
}

# Runs in the subshell of PS0, once the line is read and before it runs: the one fork a command costs. $1 is $? of the
# command before: of several lines pasted at once, each but the last ends with no prompt behind it.
__fl_started() {
    unset HISTTIMEFORMAT
    printf '%s\0' "$__fl_token" E "${EPOCHREALTIME-}" "$1" "$PWD"
    printf '%s\0' "$__fl_token" S "${EPOCHREALTIME-}"
    [[ -o history ]] && history 1
    printf '\0%s\0' "$PWD"
}

__fl_matches_ignore() {
    local pattern patterns
    IFS=: read -r -d '' -a patterns <<< "$__fl_ignore:"
    for pattern in "${patterns[@]}"; do
        pattern=${pattern//&/"${__fl_previous-}"}
        # shellcheck disable=SC2053  # a pattern, on purpose
        [[ -n $pattern && $1 == $pattern ]] && return 0
    done
    return 1
}

# Does to the history what bash would have done, had we left HISTCONTROL and HISTIGNORE alone.
__fl_forget() {
    [[ -n ${__fl_control-}${__fl_ignore-} && -o history ]] || return
    local entry number line drop=
    # By way of a file, because $(history 1) would be a fork for each prompt; never cut short, because file systems
    # hurry a file to the disk that is emptied and written again.
    { HISTTIMEFORMAT='' history 1 && printf '\0'; } 1<> "$__fl_entry" || return
    IFS= read -r -d '' entry < "$__fl_entry"
    [[ $entry =~ ^\ *([0-9]+)[\ *]\ (.*)$ ]] || return
    number=${BASH_REMATCH[1]} line=${BASH_REMATCH[2]%$'\n'}
    [[ $number == "$__fl_last" ]] && return
    [[ $__fl_control == *ignore[sb]* && $line == [[:space:]]* ]] && drop=1
    [[ $__fl_control == *ignore[db]* && $line == "${__fl_previous-}" ]] && drop=1
    [[ -n ${__fl_ignore-} ]] && __fl_matches_ignore "$line" && drop=1
    if [[ -n $drop ]]; then
        history -d "$number"
        __fl_last=$((number - 1))
    else
        __fl_previous=$line __fl_last=$number
    fi
}

__fl_prompt() {
    local code=$?
    [[ -p $__fl_fifo ]] && printf '%s\0' "$__fl_token" P "${EPOCHREALTIME-}" "$code" "$PWD" 1<>"$__fl_fifo"
    __fl_forget
    __fl_adopt_history
    [[ $- == *e* ]] || return "$code"
    return 0
}

__fl_control= __fl_ignore=
__fl_adopt_history
# The braces send what `set -x` would print of all this, and every error, nowhere.
PS0='$({ __fl_code=$?; [[ -p $__fl_fifo ]] && __fl_started "$__fl_code" 1<>"$__fl_fifo"; } 2>/dev/null)'${PS0-}
if ((BASH_VERSINFO[0] * 100 + BASH_VERSINFO[1] >= 501)); then
    PROMPT_COMMAND=('{ __fl_prompt; } 2>/dev/null' "${PROMPT_COMMAND[@]}")
else
    PROMPT_COMMAND='{ __fl_prompt; } 2>/dev/null'${PROMPT_COMMAND:+$'\n'$PROMPT_COMMAND}
fi

fi
