//! Requests of members, each with the kind of answer that it gets.

use super::super::super::coordinator::{
    ConsumerHeartbeatRequest, ConsumerHeartbeatResponse, ErrorCode, HeartbeatRequest, JoinRequest,
    JoinResponse, LeaveRequest, LeaveResponse, Request, Response, SyncRequest, SyncResponse,
};

/// A request of a member.
pub(in super::super) trait Ask {
    /// What answers it.
    type Answer;

    /// The request, as the coordinator takes it.
    fn into_request(self) -> Request;

    /// The answer, where a response is one to such a request.
    fn answer(response: Response) -> Option<Self::Answer>;
}

/// Says that a request of one kind is answered by the response of that kind.
macro_rules! answered {
    ($kind:ident, $request:ty, $answer:ty) => {
        impl Ask for $request {
            type Answer = $answer;

            fn into_request(self) -> Request {
                Request::$kind(self)
            }

            fn answer(response: Response) -> Option<Self::Answer> {
                match response {
                    Response::$kind(answer) => Some(answer),
                    _ => None,
                }
            }
        }
    };
}

answered!(Join, JoinRequest, JoinResponse);
answered!(Sync, SyncRequest, SyncResponse);
answered!(Heartbeat, HeartbeatRequest, ErrorCode);
answered!(Leave, LeaveRequest, LeaveResponse);
answered!(
    ConsumerHeartbeat,
    ConsumerHeartbeatRequest,
    ConsumerHeartbeatResponse
);
