0# jul/02/2017 19:49:03 by RouterOS 6.39.2
# software id = AAAA-BBBB
#
/interface bridge
add name=bridge
/ip dhcp-server option
add code=150 force=yes name=tftp value="'192.168.100.7'"
add code=43 name=unifi value=0x0104c0a86401
add code=67 name=perclient value="'boot-'\$(HOSTNAME)"
/ip dhcp-server option sets
add name=phones options=tftp,unifi
/ip pool
add name=pool1 ranges=192.168.100.20-192.168.100.99,192.168.100.150-192.168.100.254
/ip dhcp-server
add address-pool=pool1 authoritative=after-2sec-delay disabled=no interface=\
    bridge lease-time=1d10m name="Office LAN" delay-threshold=10s \
    src-address=192.168.100.1
/ip dhcp-server network
add address=192.168.100.0/24 dhcp-option-set=phones dns-server=192.168.100.1 domain=home.example gateway=\
    192.168.100.1 !next-server ntp-server=192.0.2.1,192.0.2.2
/ip dhcp-server lease
add address=192.168.100.10 mac-address=02:00:00:00:00:52 server="Office LAN"
add address=192.168.100.11 comment=printer mac-address=02-00-00-00-00-44 server=\
    "Office LAN"
add address=192.168.100.12 client-id=1:2:0:0:0:0:41 mac-address=\
    02:00:00:00:00:41 server="Office LAN"
add address=192.168.100.13 client-id=1:2:0:0:0:0:e comment=\
    "\CF\F0\E8\ED\F2\E5\F0" mac-address=02:00:00:00:00:0E server=\
    "Office LAN"
add address=192.168.100.14 comment="\D0\94\D0\B8\D0\B7\D0\B0\D0\B9\D0\BD\
    \D0\B5\D1\80" disabled=yes mac-address=02:00:00:00:00:26
add address=192.168.100.15 comment="\D0\94\D0\B8\D0\B7\D0\B0\D0\B9\D0\BD\
    \D0\B5\D1\80" client-id=1:2:0:0:0:0:16 lease-time=7h \
    mac-address=02:00:00:00:00:16
add address=192.168.100.16 client-id=\
    ff:29:47:57:93:0:1:0:1:2b:a3:d9:18:2:0:0:0:0:14 mac-address=\
    02:00:00:00:00:14
add address=192.168.100.17 address-lists=vip comment="the \"boss\"" mac-address=02:00:00:00:00:02 rate-limit=1000M/1000M
/ip dhcp-server lease add address=192.168.100.18 block-access=yes comment="tablet (blocked)" mac-address=02:00:00:00:00:29
add address=192.168.100.50 agent-circuit-id=41564330303032353038313730313138
