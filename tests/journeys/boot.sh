# The inside of booted.py: `sh boot.sh ROOM`, in namespaces of its own. Builds a root below the empty directory ROOM and becomes
# its systemd. Nothing of it outlives the last process: all that is written goes to memory, and all mounts are this namespace's.
set -eu
room=$1

mount --make-rprivate /
mount -t tmpfs -o mode=755,size=256m tmpfs "$room"
mkdir "$room/upper" "$room/work" "$room/root"
mount -t overlay -o "lowerdir=/,upperdir=$room/upper,workdir=$room/work" overlay "$room/root"
cd "$room/root"

# What belongs to the kernel, and so to the machine around us, can only be read.
mount -t proc -o nosuid,nodev,noexec proc proc
mount --bind proc/sys proc/sys
mount -o remount,bind,ro proc/sys
mount -t sysfs -o ro,nosuid,nodev,noexec sysfs sys
mount -t cgroup2 -o nosuid,nodev,noexec cgroup2 sys/fs/cgroup

mount -t tmpfs -o mode=755,nosuid tmpfs dev
for each in null:3 zero:5 full:7 random:8 urandom:9; do
    mknod -m 666 "dev/${each%:*}" c 1 "${each#*:}"
done
mknod -m 666 dev/tty c 5 0
mkdir dev/pts
mount -t devpts -o newinstance,ptmxmode=0666,mode=0620,gid=5 devpts dev/pts
ln -s pts/ptmx dev/ptmx
ln -s /proc/self/fd dev/fd
touch dev/console
mount --bind dev/null dev/console

# The distribution's own units, none of this machine's: its services are not started a second time.
for each in run tmp etc/systemd/system; do
    mount -t tmpfs -o mode=755 tmpfs "$each"
done
chmod 1777 tmp
: > etc/fstab
ln -s /dev/null etc/systemd/system/console-getty.service
for each in multi-user empty; do
    printf '[Unit]\nAllowIsolate=yes\nRequires=basic.target\nAfter=basic.target\n' > "etc/systemd/system/$each.target"
done

mkdir old
pivot_root . old
cd /
umount -l old
rmdir old
exec setpriv --bounding-set=-sys_time,-sys_module,-sys_rawio,-net_admin,-audit_control,-audit_write,-audit_read,-syslog \
    env -i container=fairlead-test PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
    /lib/systemd/systemd --system --unit=multi-user.target
