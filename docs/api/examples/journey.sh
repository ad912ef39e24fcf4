#!/bin/sh
# From sign-up to a paid rent with curl, against a development platform (`make run`).
# Needs curl and python3 (to read JSON). BASE is the platform, PHOTO a JPEG of a home.
set -eu

BASE=${BASE:-http://127.0.0.1:8000}
PHOTO=${PHOTO:-$(dirname "$0")/home.jpg}
API=$BASE/api/v1
JAR=$(mktemp)
DEVICE=$(python3 -c 'import uuid; print(uuid.uuid4())') # an app makes it once and keeps it
trap 'rm -f "$JAR"' EXIT

pick() { # pick data.0.id: one value of the JSON on standard input
    python3 -c '
import json, sys
value = json.load(sys.stdin)
for part in sys.argv[1].split("."):
    value = value[int(part)] if isinstance(value, list) else value[part]
print("" if value is None else value)' "$1"
}

uuid() { python3 -c 'import uuid; print(uuid.uuid4())'; }

number() { # an MTN number of Benin; its last three digits tell the simulator what to do
    python3 -c 'import random, sys; print("+2290196%03d%s" % (random.randrange(1000), sys.argv[1]))' "$1"
}

api() { # api TOKEN METHOD PATH [BODY]: the answer; a refusal ends the script, shown
    token=$1 method=$2 path=$3 body=${4:-}
    [ "$method" = GET ] || set -- -H "Idempotency-Key: $(uuid)" \
        -H 'Content-Type: application/json' --data "${body:-"{}"}"
    [ "$method" = GET ] && set --
    curl --silent --show-error --fail-with-body --request "$method" "$API/$path" \
        --header "Accept-Language: fr" --header "LokaHome-Device: $DEVICE" \
        ${token:+--header "Authorization: Bearer $token"} \
        "$@" || { echo "refused: $method $path" >&2; exit 1; }
}

sms() { # sms NUMBER WORDS: the newest SMS to NUMBER with WORDS, as a phone would get it
    for _ in $(seq 60); do
        text=$(curl --silent --get "$BASE/dev/messages.json" --data-urlencode "to=$1" |
            python3 -c '
import json, sys
texts = [m["text"] for m in json.load(sys.stdin)["data"] if sys.argv[1] in m["text"]]
print(texts[-1] if texts else "")' "$2")
        [ -z "$text" ] || { echo "$text"; return; }
        sleep 0.5
    done
    echo "no SMS with “$2” to $1" >&2
    exit 1
}

sign_up() { # sign_up NUMBER: an access token
    request=$(api '' POST auth/otp-requests "{\"phone\": \"$1\"}" | pick id)
    code=$(sms "$1" 'code' | sed -E 's/.*[^0-9]([0-9]{6})[^0-9].*/\1/')
    api '' POST auth/otp-verifications \
        "{\"request_id\": \"$request\", \"code\": \"$code\"}" | pick access
}

francs() { printf '{"amount": %s, "currency": "XOF"}' "$1"; }

echo "1. landlord and tenant sign up by SMS code"
landlord_number=$(number 100) tenant_number=$(number 001)
landlord=$(sign_up "$landlord_number")
tenant=$(sign_up "$tenant_number")
api "$landlord" POST me/roles '{"role": "landlord"}' >/dev/null

echo "2. the landlord lists a home near a landmark"
landmark=$(curl --silent --fail --get "$API/places" --data-urlencode 'q=CEG Gbegamey' |
    python3 -c '
import json, sys
places = json.load(sys.stdin)["data"]
print(json.dumps(next(p for p in places if p["kind"] == "landmark")))')
lat=$(echo "$landmark" | pick point.lat) lng=$(echo "$landmark" | pick point.lng)
quarter=$(api '' GET 'places?q=Cotonou' | python3 -c '
import json, sys
places = json.load(sys.stdin)["data"]
print(next(p["id"] for p in places if p["kind"] == "division"))')
property=$(api "$landlord" POST properties "{
    \"label\": \"Maison\", \"division_id\": \"$quarter\",
    \"landmark_id\": \"$(echo "$landmark" | pick id)\",
    \"pin\": {\"lat\": $lat, \"lng\": $lng}}" | pick id)
unit=$(api "$landlord" POST units "{
    \"property_id\": \"$property\", \"label\": \"Porte 1\",
    \"kind\": \"chambre_salon\", \"sanitary\": \"sanitary\"}" | pick id)
listing=$(api "$landlord" POST listings "{
    \"unit_id\": \"$unit\", \"rent\": $(francs 45000),
    \"description\": \"Chambre-salon sanitaire dans une cour calme.\"}" | pick id)

echo "3. a photo: announce it, send its bytes, attach it"
size=$(wc -c <"$PHOTO" | tr -d ' ')
digest=$(python3 -c '
import hashlib, sys
print(hashlib.sha256(open(sys.argv[1], "rb").read()).hexdigest())' "$PHOTO")
upload=$(api "$landlord" POST uploads "{\"kind\": \"photo\", \"mime\": \"image/jpeg\",
    \"size_bytes\": $size, \"sha256\": \"$digest\"}")
curl --silent --show-error --fail-with-body --request PUT \
    "$(echo "$upload" | pick upload_url)" --data-binary "@$PHOTO" \
    --header "Authorization: Bearer $landlord" --header 'Content-Type: image/jpeg' >/dev/null
api "$landlord" POST "listings/$listing/photos" \
    "{\"upload_id\": \"$(echo "$upload" | pick id)\"}" >/dev/null
api "$landlord" POST "listings/$listing/submission" >/dev/null

echo "4. (staff) a moderator publishes it, in the admin: no app does this"
admin=$BASE/admin
form() { curl --silent --show-error --fail --location --cookie "$JAR" --cookie-jar "$JAR" "$@"; }
hidden() { # hidden NAME: the value of the first such input of the page
    sed -nE "s/.*name=\"$1\" value=\"([^\"]*)\".*/\1/p" | head -n 1
}
second_factor() { # second_factor HANDLE: a demo colleague's next code, if it is there yet
    curl --silent "$BASE/dev/second-factor" |
        sed -nE "s/.*<td>$1<\/td><td>[^<]*<\/td><td><strong>([0-9]{6})<.*/\1/p"
}
token=$(form "$admin/login/" | hidden csrfmiddlewaretoken)
page=$(form "$admin/login/?next=/admin/" --referer "$admin/login/" \
    --data-urlencode "csrfmiddlewaretoken=$token" \
    --data 'username=moderator&password=lokahome-demo')
while echo "$page" | grep -q 'name="code"'; do # another browser may have used the code up
    code=$(second_factor moderator)
    [ -n "$code" ] || { sleep 1; continue; }
    page=$(form "$admin/second-factor/" --referer "$admin/second-factor/" \
        --data-urlencode "csrfmiddlewaretoken=$(echo "$page" | hidden csrfmiddlewaretoken)" \
        --data "code=$code")
    sleep 1
done
change=$admin/properties/listing/$listing
page=$(form "$change/change/")
form "$change/decide/publish" --output /dev/null --referer "$change/change/" \
    --data-urlencode "csrfmiddlewaretoken=$(echo "$page" | hidden csrfmiddlewaretoken)" \
    --data "version=$(echo "$page" | hidden version)"

echo "5. the tenant finds it and applies; the landlord accepts; both sign"
found=$(api "$tenant" GET "listings?near=$lat,$lng&radius_m=1000&limit=50" |
    python3 -c '
import json, sys
print(sys.argv[1] in {row["id"] for row in json.load(sys.stdin)["data"]})' "$listing")
[ "$found" = True ] || { echo "the search does not find $listing" >&2; exit 1; }
application=$(api "$tenant" POST applications "{\"listing_id\": \"$listing\",
    \"move_in_on\": \"$(date -u +%Y-%m-%d)\"}" | pick id)
lease=$(api "$landlord" POST "applications/$application/acceptance" | pick lease_id)
terms=$(api "$landlord" POST "leases/$lease/signature-request" | pick terms_digest)
for person in "$landlord" "$tenant"; do
    api "$person" POST "leases/$lease/signatures" "{\"terms_digest\": \"$terms\"}" >/dev/null
done

pay() { # pay BODY: asks, then reads the payment until it has ended; prints it
    payment=$(api "$tenant" POST "leases/$lease/payments" "$1")
    while :; do
        case $(echo "$payment" | pick payer_message) in
        being_checked) sleep "$(echo "$payment" | pick poll_after_seconds)" ;;
        *) break ;;
        esac
        payment=$(api "$tenant" GET "payments/$(echo "$payment" | pick id)")
    done
    echo "$payment"
}

echo "6. the first rent, from the tenant's own wallet"
paid=$(pay '{"operator": "mtn"}')
echo "   $(echo "$paid" | pick status): $(echo "$paid" | pick amount.amount) F"
[ "$(echo "$paid" | pick payer_message)" = paid ]

echo "7. a month ahead, from a wallet whose webhook never arrives"
paid=$(pay "{\"operator\": \"mtn\", \"amount\": $(francs 45000), \"phone\": \"$(number 006)\"}")
echo "   $(echo "$paid" | pick status)"
[ "$(echo "$paid" | pick payer_message)" = paid ]

echo "8. another, refused on the phone: nothing was taken, and the payer is told so"
refused=$(pay "{\"operator\": \"mtn\", \"amount\": $(francs 45000), \"phone\": \"$(number 002)\"}")
echo "   $(echo "$refused" | pick status): $(echo "$refused" | pick failure.detail)"
[ "$(echo "$refused" | pick payer_message)" = not_charged ]
echo "   $(sms "$tenant_number" 'débité')"

echo "9. the papers, and the page behind a QR code"
for _ in $(seq 60); do
    papers=$(api "$tenant" GET "leases/$lease/documents")
    case $papers in *quittance*) break ;; esac
    sleep 0.5
done
curl --silent --fail "$(echo "$papers" | pick data.0.check_url)" | grep --quiet authentique
echo "   $(echo "$papers" | pick data.0.label) is genuine"

echo "journey complete"
