"""Endpoints, deliveries, attempts and leases as rows and back, as `rows` does it for everything else."""

from datetime import timedelta

import msgspec

from parley.core.leases import Lease
from parley.core.webhooks import Attempt, Delivery, Endpoint, Reason, State, Status
from parley.storage.rows import micros, moment
from parley.storage.scripts import Row

_MICROSECOND = timedelta(microseconds=1)

_encode = msgspec.json.Encoder().encode
_decode_texts = msgspec.json.Decoder(tuple[str, ...]).decode

ENDPOINT = """id, community_id, url, event_types, allowed_hosts, verify_token, secret, former_secret, former_until,
    created_at, cursor, status, reason, status_at, failures, failing_since, rests_until, delivered_at, removed_at"""


def endpoint_row(endpoint: Endpoint) -> Row:
    """An endpoint in the order of ENDPOINT."""
    return (
        endpoint.id,
        endpoint.community_id,
        endpoint.url,
        _encode(endpoint.event_types).decode(),
        _encode(endpoint.allowed_hosts).decode(),
        endpoint.verify_token,
        endpoint.secret,
        endpoint.former_secret,
        micros(endpoint.former_until),
        micros(endpoint.created_at),
        endpoint.cursor,
        endpoint.status.value,
        None if endpoint.reason is None else endpoint.reason.value,
        micros(endpoint.status_at),
        endpoint.failures,
        micros(endpoint.failing_since),
        micros(endpoint.rests_until),
        micros(endpoint.delivered_at),
        micros(endpoint.removed_at),
    )


def endpoint_of(row: Row) -> Endpoint:
    """An endpoint from the columns of ENDPOINT."""
    return Endpoint(
        id=row[0],
        community_id=row[1],
        url=row[2],
        event_types=_decode_texts(row[3]),
        allowed_hosts=_decode_texts(row[4]),
        verify_token=bytes(row[5]),
        secret=bytes(row[6]),
        former_secret=None if row[7] is None else bytes(row[7]),
        former_until=moment(row[8]),
        created_at=moment(row[9]),
        cursor=row[10],
        status=Status(row[11]),
        reason=None if row[12] is None else Reason(row[12]),
        status_at=moment(row[13]),
        failures=row[14],
        failing_since=moment(row[15]),
        rests_until=moment(row[16]),
        delivered_at=moment(row[17]),
        removed_at=moment(row[18]),
    )


DELIVERY = """id, community_id, endpoint_id, seq, conversation_id, type, state, created_at, to_url, due_at, tries,
    attempts, status, failure, finished_at"""


def delivery_row(delivery: Delivery) -> Row:
    """A delivery in the order of DELIVERY."""
    return (
        delivery.id,
        delivery.community_id,
        delivery.endpoint_id,
        delivery.seq,
        delivery.conversation_id,
        delivery.type,
        delivery.state.value,
        micros(delivery.created_at),
        delivery.to_url,
        micros(delivery.due_at),
        delivery.tries,
        delivery.attempts,
        delivery.status,
        delivery.failure,
        micros(delivery.finished_at),
    )


def delivery_of(row: Row) -> Delivery:
    """A delivery from the columns of DELIVERY."""
    return Delivery(
        id=row[0],
        community_id=row[1],
        endpoint_id=row[2],
        seq=row[3],
        conversation_id=row[4],
        type=row[5],
        state=State(row[6]),
        created_at=moment(row[7]),
        to_url=row[8],
        due_at=moment(row[9]),
        tries=row[10],
        attempts=row[11],
        status=row[12],
        failure=row[13],
        finished_at=moment(row[14]),
    )


ATTEMPT = "delivery_id, number, community_id, endpoint_id, at, took, url, status, failure, answer"


def attempt_row(attempt: Attempt) -> Row:
    """An attempt in the order of ATTEMPT."""
    return (
        attempt.delivery_id,
        attempt.number,
        attempt.community_id,
        attempt.endpoint_id,
        micros(attempt.at),
        attempt.took // _MICROSECOND,
        attempt.url,
        attempt.status,
        attempt.failure,
        attempt.answer,
    )


def attempt_of(row: Row) -> Attempt:
    """An attempt from the columns of ATTEMPT."""
    return Attempt(
        delivery_id=row[0],
        number=row[1],
        community_id=row[2],
        endpoint_id=row[3],
        at=moment(row[4]),
        took=timedelta(microseconds=row[5]),
        url=row[6],
        status=row[7],
        failure=row[8],
        answer=bytes(row[9]),
    )


LEASE = "name, holder, until"


def lease_row(lease: Lease) -> Row:
    """A lease in the order of LEASE."""
    return (lease.name, lease.holder, micros(lease.until))


def lease_of(row: Row) -> Lease:
    """A lease from the columns of LEASE."""
    return Lease(name=row[0], holder=row[1], until=moment(row[2]))
