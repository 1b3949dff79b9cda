# Runs in namespaces of its own: a bare machine with the account of the package. TYPED are the README's lines.
set -euo pipefail
if [ -z "${WORK:-}" ]; then # root: makes the machine, then becomes who types
	WORK=$(mktemp -d) && chmod 0755 "$WORK"
	install -m 0755 "$BIN"/* "$TYPED" testdata/firsthour.sh "$WORK"/ && install -m 0644 "$EVENT" "$WORK/event.json"
	{ ip link set lo up && mount -t tmpfs none /var/lib && mkdir /var/lib/.etc && cp -a /etc/passwd /etc/group /etc/nsswitch.conf /etc/hosts /etc/ssl /var/lib/.etc/ &&
		mount --bind /var/lib/.etc /etc; } || exit 77
	export WORK TYPED="$WORK/typed.sh" PATH="$WORK:$PATH"
	cd "$WORK"
	"$MOSQUITTO" -p 1883 >mosquitto.log 2>&1 &
	"$ANVIL" --silent --block-time 2 --cache-path "$WORK/anvil" >anvil.log 2>&1 &
	if [ "$AS" = root ]; then
		exec bash "$WORK/firsthour.sh"
	fi
	echo "$AS:x:6543:6543::/var/lib/dbdao-bridge:/bin/bash" >>/etc/passwd
	echo "$AS:x:6543:" >>/etc/group
	install -d -m 0700 -o 6543 -g 6543 /etc/dbdao-bridge /var/lib/dbdao-bridge "$WORK/own"
	exec setpriv --reuid=6543 --regid=6543 --clear-groups bash "$WORK/firsthour.sh"
fi
mkdir -p "$WORK/own" && cd "$WORK/own"
hardware-sim sink --listen 127.0.0.1:9000 >sink.ndjson 2>sink.log &
for port in 1883 8545 9000; do
	for _ in $(seq 600); do (: >/dev/tcp/127.0.0.1/$port) 2>/dev/null && break; sleep 0.1; done
done
echo correct-horse >password && chmod 600 password
address() { dbdao-bridge wallet new --light --keystore "$1.json" --password-file password -o json | sed -n 's/.*"address": "\(0x[0-9a-fA-F]*\)".*/\1/p'; }
OWNER=$(address owner) BUYER=$(address buyer)
as() { # somebody's key; the admin's is where operator init said
	local who=$1
	shift
	if [ "$who" = admin ]; then
		DBDAO_KEYSTORE=/etc/dbdao-bridge/admin.json DBDAO_PASSWORD_FILE=/etc/dbdao-bridge/admin.password "$@"
	else
		DBDAO_KEYSTORE=$who.json DBDAO_PASSWORD_FILE=password "$@"
	fi
}
enter() { # every question is answered by Enter, on a terminal
	printf '\n%.0s' $(seq 40) | script -qec "$1" /dev/null
	DBDAO_RPC=http://127.0.0.1:8545 DBDAO_MARKET=$(sed -n 's/^market = "\(.*\)"/\1/p' /etc/dbdao-bridge/dbdao-bridge.toml)
	export DBDAO_RPC DBDAO_MARKET
}
ready() {
	for _ in $(seq 600); do (: >/dev/tcp/127.0.0.1/8180) 2>/dev/null && return; sleep 0.1; done
	cat bridge.log
	return 1
}
uplink() { # of the README's sensor, with a counter
	sed -e 's/"devEui": *"[0-9a-f]*"/"devEui":"70b3d57ed8005343"/' -e "s/\"fCnt\": *[0-9]*/\"fCnt\":$1/" -e "s/\"time\": *\"[^\"]*\"/\"time\":\"$(date -u +%FT%TZ)\"/" "$WORK/event.json" |
		mosquitto_pub -q 1 -t application/17c82e96-be03-4f38-aef3-f83d48582d97/device/70b3d57ed8005343/event/up -s
}
began=$(date +%s)
. "$TYPED"
for n in $(seq 1001 1060); do # it sends every two seconds
	uplink "$n"
	if [ -s sink.ndjson ]; then
		echo "DELIVERED after $(($(date +%s) - began)) s as $AS"
		exit 0
	fi
	sleep 2
done
tail -n 40 bridge.log
dbdao-bridge status -c /etc/dbdao-bridge/dbdao-bridge.toml
exit 1
