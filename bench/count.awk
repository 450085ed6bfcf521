# Verdicts by policy, direction, action and peer, as three ways of printing them need it.
$6 == "PolicyName" { counts[$7, $17, $19, $14]++; next }
$13 == "dst" { counts["-", $18 $19, $21, $12]++; next }
{ counts["-", $15, $17, $12]++ }
END { for (key in counts) print counts[key], key }
