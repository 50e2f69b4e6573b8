# Who was last seen when: logins and logouts, sessions by id, unix time. The time of the last minute is kept, as mktime is dear.
BEGIN {
  split("Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec", names, " ")
  for (i in names) month[names[i]] = i
}
function at(  text) {
  text = $1 " " $2 " " substr($3, 1, 5)
  if (text != minute) {
    minute = text
    base = mktime(year " " month[$1] " " $2 " " substr($3, 1, 2) " " substr($3, 4, 2) " 00")
  }
  return base + substr($3, 7, 2)
}
/\tinfo\tAuthenticated as / { user[$4] = $8; seen[$8] = at(); next }
/\tinfo\t(BOSH client|Client) disconnected/ { if ($4 in user) { seen[user[$4]] = at(); delete user[$4] } }
END { for (name in seen) print name, seen[name] }
