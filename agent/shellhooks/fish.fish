# Fairlead's hooks for fish, read by --init-command after the person's own configuration. Nothing goes to the terminal.
# Started with the agent holding the FIFO's other end, so that opening it to write never waits.
set -g __fl_fifo @@FIFO@@
set -g __fl_token @@TOKEN@@

function __fl_preexec --on-event fish_preexec
    test -p $__fl_fifo
    and printf '%s\0' $__fl_token S "" (string sub --length 8192 -- $argv[1] | string collect --allow-empty) $PWD 2>/dev/null >>$__fl_fifo
end

function __fl_prompt --on-event fish_prompt
    set -l code $__fl_status
    set -q code[1]; or set code 0
    test -p $__fl_fifo
    and printf '%s\0' $__fl_token P "" $code $PWD 2>/dev/null >>$__fl_fifo
end

function __fl_postexec --on-event fish_postexec
    set -g __fl_status $status
end
