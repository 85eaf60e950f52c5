# Fairlead's .zshenv, found through ZDOTDIR. It gives ZDOTDIR back at once, reads the person's own .zshenv, and hangs
# two hooks in; zsh then reads .zprofile, .zshrc and .zlogin from where they always are. Nothing goes to the terminal.
unset ZDOTDIR
[[ -r ~/.zshenv ]] && source ~/.zshenv

if [[ -o interactive ]]; then
    typeset -g __fl_fifo=@@FIFO@@ __fl_token=@@TOKEN@@
    zmodload zsh/datetime 2>/dev/null
    typeset -ga preexec_functions precmd_functions

    __fl_preexec() {
        emulate -L zsh
        # $1 is the line as typed; without history only $3, the text that runs, is there.
        local line=${1:-$3}
        { [[ -p $__fl_fifo ]] && print -rN -- $__fl_token S "${EPOCHREALTIME-}" "${line[1,8192]}" "$PWD" 1<>$__fl_fifo } 2>/dev/null
        return 0
    }

    __fl_precmd() {
        local code=$?
        emulate -L zsh
        { [[ -p $__fl_fifo ]] && print -rN -- $__fl_token P "${EPOCHREALTIME-}" $code "$PWD" 1<>$__fl_fifo } 2>/dev/null
        return $code
    }

    preexec_functions=(__fl_preexec $preexec_functions)
    precmd_functions=(__fl_precmd $precmd_functions)
fi
