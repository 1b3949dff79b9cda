// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// Ids count from 1; 0 is none. Own types, so that two of them cannot be swapped.
type OperatorId is uint64;

type StreamId is uint64;

type PurchaseId is uint64;

/// @notice States of a stream.
enum StreamState {
    None, // never listed
    Open, // can be bought
    Closed, // no new sales; the stake unbonds
    Withdrawn, // the stake left
    Review, // challenged by a quorum: no sales, no settlement, stake locked
    Slashed // ruled against: every purchase refundable at once
}

/// @notice States of a purchase.
enum PurchaseState {
    None,
    Active,
    Closed // everything escrowed was paid or refunded
}

/// @notice States of a round of challenges.
enum RoundState {
    None,
    Open, // fewer than a quorum so far: changes nothing
    Expired, // the quorum never came: deposits back
    Review, // the arbiter's turn
    Upheld, // deposits and the stake's share to the challengers
    Rejected, // deposits to seller and platform
    Lapsed // the arbiter stayed silent: deposits back
}

/// @notice A network operator: carries uplinks, runs the bridge.
struct Operator {
    address admin; // may change everything below
    address signer; // hot: signs device claims and settles, nothing else
    address payout; // cold: where his share goes
    bool verified; // the platform has met him
    bytes32 keys; // hash of his published encryption and ed25519 keys
    bytes32 metadataHash;
    string metadataURI;
}

/// @notice A listed stream. Five slots; the last is empty until it is closed or challenged.
struct Stream {
    address owner;
    OperatorId operator;
    StreamState state;
    bool restricted; // only allowed buyers
    bool reopen; // in Review: state to go back to is Open
    bytes32 device; // keccak256(abi.encode(DevEUI, salt))
    uint40 price; // 1e-6 token per reading, a multiple of 10
    uint32 interval; // seconds: shortest billable time between readings
    uint32 minDuration; // seconds
    uint96 stake; // wei
    uint40 lastEnd; // latest end of any purchase
    bytes32 terms; // keccak256 of the canonical terms document
    uint40 unbondAt; // from when the stake may leave
    uint40 resumedAt; // end of the last review: claim windows count from here
    uint32 round; // number of the last round of challenges
}

/// @notice A purchase. Two slots; escrow left is (quota - delivered) * price.
struct Purchase {
    address buyer;
    StreamId stream;
    uint32 delivered; // readings paid, cumulative
    uint40 start; // unix seconds, inclusive
    uint40 end; // unix seconds, exclusive
    uint40 price; // pinned
    uint32 interval; // pinned
    uint32 quota; // readings it can cost at most
    PurchaseState state;
    bytes7 termsTag; // first bytes of the terms bought: extending needs the same
}

/// @notice A round of challenges against a stream.
struct Round {
    uint40 opened;
    uint40 deadline; // of the quorum, then of the ruling
    uint32 count;
    RoundState state;
    uint96 payout; // wei each challenger may redeem
}

/// @notice Cumulative readings delivered for a purchase.
struct Claim {
    PurchaseId purchase;
    uint32 delivered;
    bool last; // no more will come: the rest goes back to the buyer now
}

/// @notice What an owner lists.
struct Listing {
    OperatorId operator;
    bytes32 device;
    uint40 price;
    uint32 interval;
    uint32 minDuration;
    bytes32 terms;
    uint96 stake;
    uint8 proofKind; // how the operator knows the owner (0 his word, 1 device tag, 2 owner token, 3 possession)
    uint32 nonce; // of (operator, device)
    uint40 deadline; // of the operator's signature
    bytes operatorSig; // over DeviceClaim
    PurchaseId[] parents; // running purchases of the owner this stream derives from, at most 8
}

/// @notice An ERC-2612 permit to go with a payment. One that fails is ignored: an allowance may stand already.
struct Permit {
    uint256 value;
    uint256 deadline;
    uint8 v;
    bytes32 r;
    bytes32 s;
}

/// @notice The rules of a deployment: fixed for ever.
struct Config {
    address token; // plain ERC-20
    address owner; // may verify operators, nothing else
    address platform; // receives 10 % and fees
    address guardian; // may pause listings and purchases, never exits
    address arbiter; // rules on reviews
    uint96 minStake;
    uint96 deposit;
    uint96 fee;
    uint32 quorum;
    uint40 ttl;
    uint40 review;
    uint40 claimWindow;
    uint40 challengeAfter;
    uint40 unbond;
    uint32 maxTerm;
}
