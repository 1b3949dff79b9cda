// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// Ids count from 1; 0 is none. Own types, so that two of them cannot be swapped.
type OperatorId is uint40;

type StreamId is uint64;

type PurchaseId is uint64;

/// @notice States of a stream. A review is a state of its round: it locks the stake and nothing else.
enum StreamState {
    None, // never listed
    Open, // can be bought
    Closed, // no new sales; what was sold ends at stopAt, then the stake may leave
    Withdrawn, // the stake left
    Slashed // the seller was at fault: the stake is the platform's and the challengers'
}

/// @notice States of a purchase.
enum PurchaseState {
    None,
    Active,
    Closed // everything escrowed was paid or refunded
}

/// @notice States of a round of challenges. The last four are the arbiter's verdicts.
enum RoundState {
    None,
    Open, // fewer than a quorum so far: changes nothing
    Review, // a quorum: the stake is locked until a ruling or the deadline
    Expired, // the quorum never came: deposits back
    Lapsed, // the arbiter stayed silent: deposits back
    Rejected, // deposits to seller and platform
    SellerAtFault, // deposits back, half the stake to the challengers by weight
    OperatorAtFault, // deposits back, stake untouched, nothing more is paid
    BothAtFault // both of the last two
}

/// @notice What an arbiter may say. None is no verdict, so that a forgotten argument rules nothing.
enum Verdict {
    None,
    Rejected,
    SellerAtFault,
    OperatorAtFault,
    BothAtFault
}

/// @notice A network operator: carries uplinks, runs the bridge.
struct Operator {
    address admin; // cold: may change everything below
    bool verified; // the platform has met him; a new admin or new metadata clears it
    address pending; // who may become admin by accepting
    address signer; // hot: signs device claims and settles, nothing else; never the admin
    address payout; // cold: where his share goes
    bytes32 keys; // hash of his published encryption and ed25519 keys
    bytes32 metadataHash;
    string metadataURI;
}

/// @notice A listed stream. Four slots; a claim reads the first alone.
struct Stream {
    address owner;
    OperatorId operator;
    uint40 stopAt; // unix seconds at which every purchase ends at the latest; 0 never, set once
    StreamState state;
    bool unpaid; // the operator was at fault: nothing more is paid
    bytes32 device; // keccak256(abi.encode(DevEUI, salt))
    uint40 price; // 1e-6 token per reading, a multiple of 10
    uint32 interval; // seconds: shortest billable time between readings
    uint96 stake; // wei; once Slashed: the challengers' half, as far as it is not redeemed
    uint32 round; // number of the last round of challenges
    bool restricted; // only allowed buyers
    bytes32 terms; // keccak256 of the canonical terms document
}

/// @notice A purchase. Two slots; escrow left is (quota - delivered) * price. It ends at min(end, stream.stopAt).
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
    bytes8 termsTag; // first bytes of the terms bought: extending needs the same
}

/// @notice A round of challenges against a stream. One slot; the pool of a slashed stake is the stream's `stake`.
struct Round {
    uint40 opened; // unix seconds; purchases begun from then on have a voice and no bounty
    uint40 reviewStart; // unix seconds; 0 until a quorum came
    uint40 deadline; // of the quorum, then of the ruling; exclusive
    uint32 count; // distinct challengers
    RoundState state;
    uint96 weight; // 1e-6 token: the sum of what each challenger has paid, less what was redeemed
}

/// @notice A challenger's part in a round, by the purchase he named. One slot.
struct Voice {
    uint96 weight; // 1e-6 token: what was settled on the purchase
    bool later; // it began when the round was open already: no bounty
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
    bytes32 terms;
    uint96 stake;
    uint8 proofKind; // how the operator knows the owner (0 his word, 1 device tag, 2 owner token, 3 possession)
    uint32 nonce; // of (operator, device)
    uint40 deadline; // of the operator's signature, at most a day ahead
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
    address token; // plain ERC-20 of 6 to 18 decimals
    address owner; // may verify operators, nothing else
    address platform; // receives 10 %, half of what is slashed, half of rejected deposits
    address guardian; // may pause listings and purchases for a while, never exits
    address arbiter; // rules on reviews
    uint96 minStake; // wei
    uint96 deposit; // wei
    uint32 quorum; // distinct challengers that bring a review
    uint40 ttl; // seconds a round waits for its quorum
    uint40 reviewMin; // seconds a review stays open to joiners; no ruling before
    uint40 review; // seconds a review lasts at most
    uint40 notice; // seconds from closing to the end of everything sold
    uint40 claimWindow; // seconds after the end in which readings can be claimed
    uint40 challengeAfter; // seconds after the end in which a challenge is possible
    uint32 maxTerm; // seconds a purchase may run ahead
    uint40 pauseMax; // seconds a pause lasts
    uint40 pauseGap; // seconds between two pauses
}
